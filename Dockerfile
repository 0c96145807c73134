# One image for web, worker and beat: the command decides. Nothing is compiled here but translations and static files.
FROM python:3.13-slim AS built
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m venv /opt/hromada
ENV PATH=/opt/hromada/bin:$PATH
WORKDIR /srv/hromada
COPY requirements/base.txt requirements/base.txt
RUN pip install --require-hashes --no-deps -r requirements/base.txt
COPY . .
# The values of this step only let the settings be read; none of them stays in the image.
RUN pybabel compile --directory locale --domain django \
 && SECRET_KEY=only-while-building-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEF \
    BALLOT_SECRET=only-while-building-0123456789-abcdef \
    STRIPE_SECRET_KEY=sk_test_only_while_building STRIPE_WEBHOOK_SECRET=whsec_only_while_building \
    SITE_URL=https://support.example.org EMAIL_URL=smtp://127.0.0.1:25 \
    DATABASE_URL=postgres://nobody@127.0.0.1:9/none REDIS_URL=redis://127.0.0.1:9/0 \
    python manage.py collectstatic --no-input

FROM python:3.13-slim
# A fresh volume for ERASED_FILE takes owner and mode from the folder that it is mounted on.
RUN useradd --system --uid 10001 --no-create-home hromada \
 && install --directory --owner=10001 --mode=0700 /srv/hromada-erased
COPY --from=built /opt/hromada /opt/hromada
COPY --from=built /srv/hromada /srv/hromada
ENV PATH=/opt/hromada/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /srv/hromada
USER 10001
EXPOSE 8000
CMD ["gunicorn", "config.wsgi:application", "--bind=0.0.0.0:8000", "--worker-class=gthread", "--workers=2", "--threads=8", \
     "--max-requests=10000", "--max-requests-jitter=1000", "--timeout=30", "--worker-tmp-dir=/dev/shm"]
