# All that a newcomer needs: make demo, make test, make check, make fix, make bench.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
CODE := liftcam.py main.py pose detection lifting fitness export stream render synthetic benchmarks commands tests

.PHONY: demo test check fix bench live lock clean

demo: $(VENV)/demo.ok  ## install, then the whole job on the bundled clip
	$(BIN)/python main.py demo

live: $(VENV)/demo.ok  ## install, then the webcam
	$(BIN)/python main.py live

test: $(VENV)/test.ok  ## install what the tests need, then pass them
	$(BIN)/python -m pytest -q

check: $(VENV)/test.ok  ## style, types and arrows between the parts; never edits
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(VENV)/test.ok  ## mend what can be mended by itself
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

bench: $(VENV)/test.ok  ## every benchmark, one after the other
	for name in decode lifting render smoothing pipeline start; do $(BIN)/python main.py bench $$name || exit 1; done

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo.ok: requirements/demo.txt | $(BIN)/python
	$(BIN)/python -m pip install -q -r requirements/demo.txt
	touch $@

$(VENV)/test.ok: requirements/demo.txt requirements/test.txt | $(BIN)/python
	$(BIN)/python -m pip install -q -r requirements/test.txt
	touch $@ $(VENV)/demo.ok

# torch names its own CUDA packages where it needs them; a list of them here would bring gigabytes to machines without a GPU
NVIDIA := cublas cuda-cupti cuda-nvrtc cuda-runtime cudnn-cu13 cufft cufile curand cusolver cusparse cusparselt-cu13 nccl-cu13 \
  nvjitlink nvshmem-cu13 nvtx
NO_CUDA := $(addprefix --no-emit-package ,triton cuda-bindings cuda-pathfinder cuda-toolkit $(addprefix nvidia-,$(NVIDIA)))

lock:  ## pin the newest versions again (needs uv)
	uv pip compile -q --universal --no-header --python-version 3.10 pyproject.toml -o requirements/core.txt
	uv pip compile -q --universal --no-header --python-version 3.10 pyproject.toml --extra mediapipe -o requirements/demo.txt
	uv pip compile -q --universal --no-header --python-version 3.10 pyproject.toml \
	  $(addprefix --extra ,mediapipe export train cluster serve osc lsl rerun virtual-camera dev) \
	  -o requirements/test.txt -c requirements/demo.txt $(NO_CUDA)
	uv pip compile -q --universal --no-header --python-version 3.10 pyproject.toml --extra train -o requirements/train.txt $(NO_CUDA)

clean:
	rm -rf $(VENV) demo_output runs recordings build *.egg-info .mypy_cache .ruff_cache .pytest_cache
