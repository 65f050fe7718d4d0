# Makes the plugin's root file system where the machine is no Debian: `scripts/build-plugin --image`. The same script does
# the work here as there, so that both give the same files. BASE may be any Debian 12.
ARG BASE=debian:bookworm-slim
FROM ${BASE} AS build
COPY . /src
WORKDIR /src
ARG SOURCE_DATE_EPOCH
RUN scripts/lib/plugin-in-image /plugin

FROM scratch
COPY --from=build /plugin /plugin
