# l1ad with everything that the demo needs: training, emulation, HLS C++, Verilog, open synthesis, QONNX.
#
#   docker build -t l1ad .
#   docker run --rm --init l1ad                        # the demo, into /work of the container
#   mkdir -p out
#   docker run --rm --init -v "$PWD/out:/work" --user "$(id -u):$(id -g)" l1ad        # ... into ./out, as yourself
#   docker run --rm --init -v "$PWD:/work" --user "$(id -u):$(id -g)" l1ad l1ad train my.yaml --run runs/mine
#
# HGQ2 hides the package of QKeras, so bit widths that are learned have an image of their own:
#
#   docker build -t l1ad:hgq --target hgq --build-arg EXTRAS=hgq,onnx,rtl .
#
# EXTRAS are those of pyproject.toml, e.g. EXTRAS=qkeras,onnx,rtl,nanoaod,parquet. Versions are those of
# constraints.txt. Without Docker, `python -m tests.container.run_dockerfile` runs these steps on overlays.

# Python and Debian as they were tried; the digest is that of the index of all architectures.
FROM python:3.11.14-slim-bookworm@sha256:65a93d69fa75478d554f4ad27c85c1e69fa184956261b4301ebaf6dbb0a3543d AS toolchain
# C simulation and Verilator compile at run time too, so both further stages need these. Not pinned: Debian
# keeps only the newest of each package in its archive, so a pinned version soon cannot be installed.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --no-install-recommends -y g++ make \
 && rm -rf /var/lib/apt/lists/*


FROM toolchain AS builder
ARG EXTRAS=qkeras,onnx,rtl
WORKDIR /build
RUN python -m venv /opt/l1ad
ENV PATH=/opt/l1ad/bin:$PATH
# First what l1ad needs, from two files that seldom change, so that a change of the code installs only the code.
COPY pyproject.toml constraints.txt ./
RUN python -c "import sys, tomllib; \
    project = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
    extras = [project['optional-dependencies'][name] for name in sys.argv[1].split(',') if name]; \
    print(*project['dependencies'], *sum(extras, []), sep='\n')" "$EXTRAS" > requirements.txt \
 && pip install --no-cache-dir -c constraints.txt -r requirements.txt
COPY README.md LICENSE ./
# Layouts, targets and budgets of the package are links into configs.
COPY configs configs
COPY l1ad l1ad
RUN pip install --no-cache-dir --no-deps -c constraints.txt . \
 && pip check


FROM toolchain AS runtime
RUN groupadd --gid 10001 trigger \
 && useradd --uid 10001 --gid trigger --no-create-home --home-dir /work trigger \
 && mkdir /work \
 && chmod 1777 /work
COPY --from=builder /opt/l1ad /opt/l1ad
COPY configs /work/configs
# Any --user may run it: caches (fonts, Yosys) go where everyone can write.
ENV PATH=/opt/l1ad/bin:$PATH \
    HOME=/tmp \
    MPLCONFIGDIR=/tmp/matplotlib \
    PYTHONUNBUFFERED=1
WORKDIR /work
USER 10001:10001
LABEL org.opencontainers.image.title="l1ad" \
      org.opencontainers.image.description="Anomaly-detection triggers for FPGAs, equal to their emulator bit for bit" \
      org.opencontainers.image.licenses="Apache-2.0"
# Like Ctrl-C: `docker stop` keeps the best epoch of a training.
STOPSIGNAL SIGINT
HEALTHCHECK --interval=10m --timeout=2m --start-period=1m --retries=2 CMD ["l1ad", "doctor"]


FROM runtime AS hgq
# Refuses to be built without `--build-arg EXTRAS=hgq,...`.
RUN ["python", "-c", "import importlib.metadata as installed; installed.version('hgq2')"]
CMD ["l1ad", "demo", "--backend", "hgq"]


FROM runtime AS qkeras
CMD ["l1ad", "demo"]
