"""vLLM as the engine of generation, where it is installed: the same requests, the same answers.

An optional package for GPU boxes; nothing else imports it. vLLM shares beginnings of prompts by its
prefix cache and enforces the grammar through its structured outputs, with llguidance behind them.
Not run by our tests for want of a GPU: those hold a stand-in that has vLLM's interface.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lantern.errors import ModelError
from lantern.inference.base_models import load_tokenizer, resolve_base
from lantern.inference.generate import Generated, GenerationRequest


class VllmEngine:
    """Generates answers with vLLM.

    Args:
        name: of the model: a folder, or its name on the hub.
        revision: of the hub.
        context: most tokens of prompt and answer.
        dtype: ``auto``, ``float32`` or ``bfloat16``.
        memory_share: of the GPU's memory that vLLM may take.

    Raises:
        ModelError: vLLM is not installed, or it refuses the model.
    """

    def __init__(
        self,
        name: str,
        *,
        revision: str | None = None,
        context: int | None = None,
        dtype: str = "auto",
        memory_share: float = 0.9,
    ) -> None:
        try:
            import vllm
        except ImportError:
            raise ModelError(
                "generation.engine is vllm, but vllm is not installed; pip install vllm on a "
                "machine with a GPU, or set generation.engine to transformers"
            ) from None
        base = resolve_base(name, revision)
        self._vllm: Any = vllm
        self.name, self.tokenizer = base.name, load_tokenizer(base)
        try:
            self._llm = vllm.LLM(
                model=base.place,
                revision=base.revision,
                dtype=dtype,
                max_model_len=context,
                gpu_memory_utilization=memory_share,
                trust_remote_code=False,
                load_format="safetensors",
                enable_prefix_caching=True,
                structured_outputs_config={"backend": "guidance"},
            )
        except (ValueError, RuntimeError, OSError) as error:
            raise ModelError(
                f"vLLM cannot load {base.name!r} ({type(error).__name__}); "
                "check the name, the GPU's memory and generation.context"
            ) from error

        self.context = int(self._llm.model_config.max_model_len)

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Generated]:
        """Answers in the order of the requests; vLLM plans the batches itself."""
        outputs = self._llm.generate(
            [{"prompt_token_ids": list(request.prompt.ids)} for request in requests],
            [self._sampling(request) for request in requests],
            use_tqdm=False,
        )
        return [_answer(output.outputs[0]) for output in outputs]

    def _sampling(self, request: GenerationRequest) -> Any:
        if request.temperature > 0 and request.drawn_choices is not None:
            raise ModelError(
                "vLLM draws all choices or none: set synthesize.class_temperature to 0"
            )
        outputs = None
        if request.grammar is not None:
            outputs = self._vllm.sampling_params.StructuredOutputsParams(grammar=request.grammar)
        return self._vllm.SamplingParams(
            temperature=request.temperature,
            seed=request.seed,
            max_tokens=request.max_tokens,
            structured_outputs=outputs,
            skip_special_tokens=True,
        )


def _answer(completion: Any) -> Generated:
    finished = completion.finish_reason == "stop"
    error = None if completion.finish_reason in ("stop", "length") else "vLLM gave the answer up"
    text = "" if error else completion.text
    # vLLM does not say which tokens the grammar forced.
    return Generated(text, tuple(completion.token_ids), finished, 0, error)
