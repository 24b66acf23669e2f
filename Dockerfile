# syntax=docker/dockerfile:1
# Images of Tessera: `docker build --target tessera .` (the default), and `--target sandbox` for trying it out.
# A test runs the steps of this file without a container engine: test/deploy/image.test.ts.
ARG NODE_VERSION=24.21.0

FROM node:${NODE_VERSION}-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --include=dev
COPY . .
RUN npm run build
RUN node_modules/.bin/rolldown sandbox/main.ts --platform node --file dist-sandbox/main.mjs && mkdir sandbox-data

FROM node:${NODE_VERSION}-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The packages that are not bundled. There may be none, and then the directory is empty.
RUN npm ci --omit=dev && mkdir -p node_modules

FROM gcr.io/distroless/cc-debian12:nonroot AS sandbox
COPY --from=build /usr/local/bin/node /usr/local/bin/node
WORKDIR /app
COPY --from=build /build/dist-sandbox /app
COPY --from=build --chown=65532:65532 /build/sandbox-data /data
ENV SANDBOX_HOST=0.0.0.0 DATA_DIR=/data
USER 65532:65532
EXPOSE 4010
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["/usr/local/bin/node", "-e", "fetch(`http://127.0.0.1:${process.env.SANDBOX_PORT ?? 4010}/__sandbox`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/usr/local/bin/node", "/app/main.mjs"]

# No shell, no npm and no package manager: Node, the C library, and the build. Everything belongs to root, the program runs as a
# user who owns nothing, and it writes no file: run it with a read-only root.
FROM gcr.io/distroless/cc-debian12:nonroot AS tessera
COPY --from=build /usr/local/bin/node /usr/local/bin/node
WORKDIR /app
COPY --from=packages /app/node_modules /app/node_modules
COPY --from=build /build/package.json /app/package.json
COPY --from=build /build/dist /app/dist
ENV NODE_ENV=production
USER 65532:65532
EXPOSE 4000 9464
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["/usr/local/bin/node", "/app/dist/bin/tessera.mjs", "health"]
ENTRYPOINT ["/usr/local/bin/node", "--max-semi-space-size=16", "--heap-growing-percent=50", "--v8-pool-size=1", "/app/dist/bin/tessera.mjs"]
CMD ["start"]
