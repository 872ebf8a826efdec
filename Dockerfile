FROM python:3.13-slim

# LiteRT and OpenCV need the C++ runtime; everything else comes in the wheels.
RUN useradd --create-home --uid 10001 maskloop && mkdir /data && chown maskloop /data
WORKDIR /app
COPY requirements/run.lock requirements/run.lock
RUN pip install --no-cache-dir --require-hashes -r requirements/run.lock
COPY . .
RUN pip install --no-cache-dir --no-deps .
USER maskloop
ENV MASKLOOP_DATA=/data
VOLUME /data
EXPOSE 8765
CMD ["maskloop", "serve"]
