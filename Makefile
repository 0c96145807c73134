# Short names. Everything they do can be typed without make.
.PHONY: demo test check lock messages

demo:
	python3 dev.py demo

test:
	python3 dev.py test

check:
	python3 dev.py install
	.ci/check

# Pin anew what requirements/*.in ask for. Add `UPGRADE=--upgrade` to take newer versions.
lock:
	for name in base dev uv; do \
	  .venv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header $(UPGRADE) \
	    --quiet requirements/$$name.in -o requirements/$$name.txt || exit 1; \
	done

# Collect what the code and the pages say into locale/, then compile. Needs GNU gettext.
messages:
	DEBUG=1 DATABASE_URL=postgres://nobody@127.0.0.1:9/none .venv/bin/python manage.py makemessages \
	  --locale uk --no-wrap --no-location --no-obsolete --ignore '.venv/*' --ignore '.hromada/*' --ignore 'sandbox/*' --ignore 'tests/*'
	.venv/bin/pybabel compile --directory locale --domain django
