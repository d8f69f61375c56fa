/// libtorch for Swift: plain C over the C++ API.
///
/// Every function that can fail returns 0 for success, else -1 with `error` filled in. Nothing
/// throws.
#ifndef CTORCH_H
#define CTORCH_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What an error means for the one who might try again.
typedef enum ctorch_category {
  /// The rows do not fit the model.
  CTORCH_DATA = 1,
  /// The model cannot be loaded, or does not do what its description says.
  CTORCH_MODEL = 2,
  /// Memory ran out; fewer rows may fit.
  CTORCH_OUT_OF_MEMORY = 3,
  CTORCH_TRANSIENT = 4,
  /// The device or the program is broken; start a new process.
  CTORCH_FATAL = 5,
} ctorch_category;

typedef struct ctorch_error {
  int32_t category;
  char message[512];
} ctorch_error;

typedef enum ctorch_dtype {
  CTORCH_FLOAT32 = 0,
  CTORCH_INT64 = 1,
  CTORCH_FLOAT64 = 2,
} ctorch_dtype;

/// A dense tensor [rows, columns], row by row.
typedef struct ctorch_tensor {
  const void *data;
  int32_t dtype;
  int64_t rows;
  int64_t columns;
} ctorch_tensor;

typedef enum ctorch_kind {
  CTORCH_TORCHSCRIPT = 0,
  CTORCH_AOTINDUCTOR = 1,
} ctorch_kind;

/// The version of libtorch, such as `2.13.0`.
const char *ctorch_version(void);

/// The widest vector instructions that libtorch uses here: `DEFAULT`, `AVX2`, `AVX512`, ...
const char *ctorch_cpu_capability(void);

/// Threads of one operation. Called once, before any model is loaded. An operation never runs its
/// parts side by side.
void ctorch_set_threads(int32_t threads);

typedef struct ctorch_model ctorch_model;

/// How batches reach an accelerator: through pinned staging memory or pageable, and whether the kernels of small
/// batches are replayed from a graph. Both are on unless this is called, before a model is run.
void ctorch_set_staging(bool pinned, bool with_graphs);

/// Loads a model file onto `device` (`cpu`, `cuda:0`, ...). Up to `workers` threads may run it at the
/// same time.
int ctorch_model_load(const char *path, int32_t kind, const char *device, int32_t workers,
                      ctorch_model **model, ctorch_error *error);
void ctorch_model_close(ctorch_model *model);

typedef struct ctorch_outputs ctorch_outputs;

/// Runs the model on a batch. All inputs have the same number of rows, and so must the outputs.
/// The inputs are only read during the call.
int ctorch_model_run(ctorch_model *model, const ctorch_tensor *inputs, int32_t count,
                     ctorch_outputs **outputs, ctorch_error *error);
int32_t ctorch_outputs_count(const ctorch_outputs *outputs);
/// An output in the host's memory; it lives as long as `outputs`.
ctorch_tensor ctorch_outputs_tensor(const ctorch_outputs *outputs, int32_t index);
void ctorch_outputs_close(ctorch_outputs *outputs);

/// Compiles a module with the methods in `source` and saves it as a TorchScript file: small models
/// for tests and benchmarks, without Python.
int ctorch_script_save(const char *source, const char *path, ctorch_error *error);

#ifdef __cplusplus
}
#endif

#endif
