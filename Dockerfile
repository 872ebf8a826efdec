# Two images: `docker build --target prediction` has everything but training, `--target full` (the default) trains
# too, with TensorFlow. Both run as user 10001, need no writable root, and keep everything in /data.

FROM python:3.13-slim AS build
RUN python -m venv /opt/maskloop
ENV PATH=/opt/maskloop/bin:$PATH
WORKDIR /build
# With what the ranking of review queues needs, which workers do, and object stores that speak S3.
COPY requirements/image.lock .
RUN pip install --no-cache-dir --require-hashes -r image.lock

FROM build AS build-full
COPY requirements/full.lock .
RUN pip install --no-cache-dir --require-hashes -r full.lock

FROM build AS wheels
COPY . .
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels . ./clients/python

FROM build AS installed
RUN --mount=from=wheels,source=/wheels,target=/wheels pip install --no-cache-dir --no-deps /wheels/*.whl

FROM build-full AS installed-full
RUN --mount=from=wheels,source=/wheels,target=/wheels pip install --no-cache-dir --no-deps /wheels/*.whl

# LiteRT and OpenCV need the C++ runtime, which this has; everything else comes in the wheels.
FROM python:3.13-slim AS base
RUN useradd --uid 10001 --no-create-home --home-dir /tmp maskloop && install -d -o 10001 -g 10001 -m 700 /data
ENV PATH=/opt/maskloop/bin:$PATH \
    MASKLOOP_DATA=/data \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8765
CMD ["maskloop", "serve"]

FROM base AS prediction
COPY --from=installed /opt/maskloop /opt/maskloop

FROM base AS full
COPY --from=installed-full /opt/maskloop /opt/maskloop
