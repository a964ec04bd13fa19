# l1ad with everything that the demo needs. Build: docker build -t l1ad .   Run: docker run --rm -v "$PWD/out:/home/trigger/out" -w /home/trigger/out l1ad
FROM python:3.11-slim-bookworm

RUN apt-get update \
 && apt-get install --no-install-recommends -y g++ make \
 && rm -rf /var/lib/apt/lists/*

RUN useradd --create-home trigger
WORKDIR /home/trigger/l1ad
COPY --chown=trigger . .
RUN chown trigger . && pip install --no-cache-dir -c constraints.txt '.[qkeras]'

USER trigger
CMD ["l1ad", "demo"]
