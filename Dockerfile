FROM python:3.13-slim

# LiteRT and OpenCV need the C++ runtime; everything else comes in the wheels.
RUN useradd --create-home --uid 10001 maskloop && mkdir /data && chown maskloop /data
WORKDIR /app
# With what training and the ranking of review queues need, so that every service is the same image.
COPY requirements/full.lock requirements/full.lock
RUN pip install --no-cache-dir --require-hashes -r requirements/full.lock
COPY . .
RUN pip install --no-cache-dir --no-deps . ./clients/python
USER maskloop
ENV MASKLOOP_DATA=/data
VOLUME /data
EXPOSE 8765
CMD ["maskloop", "serve"]
