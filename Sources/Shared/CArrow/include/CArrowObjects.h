/// Objects of S3, whole rows and checkpoints: the part of CArrow.h that only a merge needs.
#ifndef CARROW_OBJECTS_H
#define CARROW_OBJECTS_H

#include "CArrow.h"

#ifdef __cplusplus
extern "C" {
#endif

// MARK: - Files and objects

/// Where `s3://bucket/key` paths lead from here on: a region, and for stores other than Amazon's an endpoint
/// (`host:port`) and a scheme (`http` or `https`), which may be NULL. Credentials come from the environment.
int carrow_configure_s3(const char *region, const char *endpoint, const char *scheme, carrow_error *error);

/// Must be called once at the end of a program that used `s3://` paths, after every reader and writer is closed.
void carrow_finalize(void);

typedef struct carrow_input carrow_input;
typedef struct carrow_output carrow_output;

/// Opens a file or an object for reading bytes.
int carrow_input_open(const char *path, carrow_input **input, carrow_error *error);
int64_t carrow_input_bytes(const carrow_input *input);
/// Fills `target` with `count` bytes from `offset` on; fewer are an error.
int carrow_input_read(carrow_input *input, int64_t offset, int64_t count, uint8_t *target, carrow_error *error);
void carrow_input_close(carrow_input *input);

/// Instead of `carrow_writer_finish`, for a file in memory: completes it and hands it over for reading.
int carrow_writer_take(carrow_writer *writer, carrow_input **input, carrow_error *error);

/// Creates a file, or an object that appears whole with `carrow_output_finish`.
int carrow_output_open(const char *path, carrow_output **output, carrow_error *error);
int carrow_output_write(carrow_output *output, const uint8_t *bytes, int64_t count, carrow_error *error);
int carrow_output_finish(carrow_output *output, carrow_error *error);
/// Frees the stream. An object that was not finished never appears.
void carrow_output_close(carrow_output *output);

// MARK: - Texts and listings

/// Bytes that the shim made; freed by the caller.
typedef struct carrow_text carrow_text;
const char *carrow_text_bytes(const carrow_text *text);
int64_t carrow_text_count(const carrow_text *text);
void carrow_text_free(carrow_text *text);

/// All objects below `s3://bucket/prefix`, as keys relative to it, each ended by a zero byte, sorted by their bytes.
int carrow_list(const char *root, carrow_text **keys, carrow_error *error);

// MARK: - Rows

/// The given rows of a record batch, in the given order. `array` and `schema` are taken over.
int carrow_take(struct ArrowArray *array, struct ArrowSchema *schema, const int64_t *rows, int64_t count,
                struct ArrowArray *taken, struct ArrowSchema *taken_schema, carrow_error *error);

/// 128 bits for each row that stand for its values in all columns, as two words. Both structures are taken over.
int carrow_fingerprints(struct ArrowArray *array, struct ArrowSchema *schema, uint64_t *fingerprints,
                        carrow_error *error);

// MARK: - Checkpoints

/// The rows of a Parquet file in memory as JSON objects, one a line, of the top-level columns that are named.
int carrow_json_from_parquet(const uint8_t *bytes, int64_t count, const char *const *columns, int32_t column_count,
                             carrow_text **lines, carrow_error *error);

/// A Delta checkpoint file from a JSON list of rows. Maps are lists of pairs: `[["key", "value"]]`.
int carrow_checkpoint_from_json(const char *rows, int64_t count, carrow_text **file, carrow_error *error);

#ifdef __cplusplus
}
#endif

#endif
