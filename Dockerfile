# Runs the controller: docker run -v sluice:/var/lib/sluice -e SLUICE_POLICY=<url> -p 8080:8080 sluice
# See docs/decisions/0007-container-image.md: not yet built anywhere.
FROM debian:12-slim

RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates git gnupg xz-utils bzip2 npm \
 && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/sluice
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund --omit=dev
COPY . .

RUN useradd --system --home-dir /var/lib/sluice --shell /usr/sbin/nologin sluice \
 && install -d -o sluice -g sluice /var/lib/sluice
USER sluice
ENV PATH=/opt/sluice/node_modules/.bin:$PATH \
    SLUICE_STATE=/var/lib/sluice/state
VOLUME /var/lib/sluice
EXPOSE 8080

HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]

ENTRYPOINT ["/opt/sluice/sluice"]
CMD ["run"]
