# Two images from one build: `docker build --target lb -t lb .` and `docker build --target be -t be .` (docs/docker.md).

FROM debian:bookworm-slim AS build
# zlib and curl only because prometheus-cpp's CMake package asks for them; ccache helps where CCACHE_DIR is a mount.
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      ccache cmake g++ ninja-build pkg-config \
      libc-ares-dev libcli11-dev libcurl4-openssl-dev libevent-dev libfmt-dev libspdlog-dev libyaml-cpp-dev \
      prometheus-cpp-dev zlib1g-dev \
 && rm -rf /var/lib/apt/lists/*
ENV CCACHE_DIR=/ccache
WORKDIR /src
COPY CMakeLists.txt ./
COPY lb lb
COPY be be
ARG REVISION=unknown
# At -O3 g++ 12 warns of overlapping copies in std::string where there are none: no reason to have no image. Warnings are
# errors in the tests' builds.
RUN cmake -S . -B /build -G Ninja -DCMAKE_BUILD_TYPE=Release -DAFE_TESTS=OFF -DAFE_REVISION="$REVISION" \
      -DAFE_WARNINGS_ARE_ERRORS=OFF \
 && ninja -C /build lb be

FROM debian:bookworm-slim AS runtime
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      libc-ares2 libevent-core-2.1-7 libfmt9 libprometheus-cpp-core1.0 libspdlog1.10 libstdc++6 libyaml-cpp0.7 \
 && rm -rf /var/lib/apt/lists/*
COPY config.yaml /etc/lb/config.yaml
# A number, so that Kubernetes can see for itself that it is not root.
USER 65532:65532

FROM runtime AS be
COPY --from=build /build/bin/be /usr/local/bin/be
EXPOSE 9090 9091
ENTRYPOINT ["/usr/local/bin/be"]
CMD ["--config", "/etc/lb/config.yaml"]
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="be" \
      org.opencontainers.image.description="Dummy HTTP backends to try lb with" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"

FROM runtime AS lb
COPY --from=build /build/bin/lb /usr/local/bin/lb
EXPOSE 8080 9100
# lb asks its own control plane, wherever the configuration put it. Kubernetes ignores this and uses the chart's probes.
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
  CMD ["/usr/local/bin/lb", "--health", "--config", "/etc/lb/config.yaml"]
# SIGTERM, the default stop signal, drains.
ENTRYPOINT ["/usr/local/bin/lb"]
CMD ["--config", "/etc/lb/config.yaml"]
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="lb" \
      org.opencontainers.image.description="HTTP reverse proxy and load balancer" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
