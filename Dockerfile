# l1ad with everything that the demo needs. Build: docker build -t l1ad .   Run: docker run --rm -v "$PWD/out:/out" -w /out --user "$(id -u)" l1ad
FROM python:3.11-slim-bookworm

RUN apt-get update \
 && apt-get install --no-install-recommends -y g++ make \
 && rm -rf /var/lib/apt/lists/*

RUN useradd --create-home trigger
WORKDIR /home/trigger/l1ad
COPY --chown=trigger . .
RUN chown trigger . && pip install --no-cache-dir -c constraints.txt '.[qkeras,onnx,rtl]'

USER trigger
# Any user may run it: the font cache goes where everyone can write.
ENV MPLCONFIGDIR=/tmp/matplotlib
CMD ["l1ad", "demo"]
