/// Parquet and Arrow for Swift: plain C over Arrow C++.
///
/// Every function that can fail returns 0 for success, else -1 with `error` filled in. Nothing throws. An object made
/// by `..._open` belongs to the caller until `..._close`, and is used by one thread at a time.
#ifndef CARROW_H
#define CARROW_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What an error means for the one who might try again.
typedef enum carrow_category {
  /// The file's content is wrong: the same file fails again.
  CARROW_DATA = 1,
  /// There is no such file.
  CARROW_MISSING = 2,
  CARROW_OUT_OF_MEMORY = 3,
  /// The operating system refused; it may pass.
  CARROW_TRANSIENT = 4,
  /// A fault of the program.
  CARROW_FATAL = 5,
} carrow_category;

typedef struct carrow_error {
  int32_t category;
  char message[512];
} carrow_error;

// The structures of the Arrow C data interface, an ABI that does not change:
// https://arrow.apache.org/docs/format/CDataInterface.html. The guard is the one it prescribes.
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
  const char *format;
  const char *name;
  const char *metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema **children;
  struct ArrowSchema *dictionary;
  void (*release)(struct ArrowSchema *);
  void *private_data;
};

struct ArrowArray {
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void **buffers;
  struct ArrowArray **children;
  struct ArrowArray *dictionary;
  void (*release)(struct ArrowArray *);
  void *private_data;
};
#endif

// MARK: - Reading

typedef struct carrow_reader carrow_reader;
typedef struct carrow_scan carrow_scan;

/// Opens a Parquet file and reads its footer.
int carrow_reader_open(const char *path, carrow_reader **reader, carrow_error *error);
void carrow_reader_close(carrow_reader *reader);

int64_t carrow_reader_bytes(const carrow_reader *reader);
int64_t carrow_reader_rows(const carrow_reader *reader);
int32_t carrow_reader_row_groups(const carrow_reader *reader);
int64_t carrow_reader_row_group_rows(const carrow_reader *reader, int32_t row_group);
/// Compressed bytes of all columns.
int64_t carrow_reader_row_group_bytes(const carrow_reader *reader, int32_t row_group);

/// The columns as Arrow types. The caller releases `schema`.
int carrow_reader_schema(carrow_reader *reader, struct ArrowSchema *schema, carrow_error *error);

/// The footer's Thrift bytes as they lie in the file, without length and magic. They live as long as the reader.
int carrow_reader_footer(carrow_reader *reader, const uint8_t **bytes, int64_t *count, carrow_error *error);

/// Which fields to read, and how.
typedef struct carrow_projection {
  /// Position among the file's top-level columns.
  int32_t field;
  /// Strings come as a dictionary: each distinct value once, and an index a row.
  bool dictionary;
} carrow_projection;

/// Reads row groups, as one sequence of rows, in record batches of `batch_rows` rows (the last one may be shorter). The
/// columns come in the file's order, whatever the order of `projections`. The reader must outlive the scan.
int carrow_scan_open(carrow_reader *reader, const int32_t *row_groups, int32_t group_count,
                     const carrow_projection *projections, int32_t count, int64_t batch_rows, carrow_scan **scan,
                     carrow_error *error);
void carrow_scan_close(carrow_scan *scan);

/// The next record batch, as a struct array; `array->release` is NULL after the last. The caller releases both.
int carrow_scan_next(carrow_scan *scan, struct ArrowArray *array, struct ArrowSchema *schema, carrow_error *error);

// MARK: - Statistics

typedef enum carrow_bound {
  CARROW_BOUND_NONE = 0,
  CARROW_BOUND_BOOLEAN = 1,
  CARROW_BOUND_INTEGER = 2,
  CARROW_BOUND_REAL = 3,
  CARROW_BOUND_BYTES = 4,
} carrow_bound;

/// What the footer says of one column over all row groups.
typedef struct carrow_statistics {
  /// -1 when a row group has no count.
  int64_t null_count;
  /// How `minimum_...` and `maximum_...` are to be read; none when a row group that has values has no bounds.
  int32_t bound;
  int64_t minimum_integer, maximum_integer;
  double minimum_real, maximum_real;
  /// These live until the next call with the same reader.
  const uint8_t *minimum_bytes, *maximum_bytes;
  int64_t minimum_count, maximum_count;
} carrow_statistics;

/// Statistics of a top-level column. Nested columns have none.
int carrow_reader_statistics(carrow_reader *reader, int32_t field, carrow_statistics *statistics, carrow_error *error);

/// The same of one row group alone.
int carrow_reader_row_group_statistics(carrow_reader *reader, int32_t row_group, int32_t field,
                                       carrow_statistics *statistics, carrow_error *error);

// MARK: - Writing

typedef struct carrow_writer carrow_writer;

typedef struct carrow_writer_options {
  int32_t zstd_level;
  /// Rows a row group. Where one ends depends on this alone, not on how rows arrive.
  int64_t row_group_rows;
  /// Columns that are dictionary-encoded; the others are plain.
  const char *const *dictionary_columns;
  int32_t dictionary_count;
} carrow_writer_options;

/// Sees bytes as they are written.
typedef void (*carrow_observer)(void *context, const uint8_t *bytes, int64_t count);

/// Creates a Parquet file: zstd, data pages V1 with checksums, page index, statistics. `schema` is taken over.
///
/// The same rows in the same batches give the same bytes.
///
/// `path` is NULL for a file that stays in memory. `observe`, which may be NULL, sees every byte of the file in order,
/// with `context`.
int carrow_writer_open(const char *path, struct ArrowSchema *schema, const carrow_writer_options *options,
                       carrow_observer observe, void *context, carrow_writer **writer, carrow_error *error);
/// Appends a record batch (a struct array). `array` is taken over.
int carrow_writer_write(carrow_writer *writer, struct ArrowArray *array, carrow_error *error);
/// Writes the footer and closes the file. Does not sync it.
int carrow_writer_finish(carrow_writer *writer, carrow_error *error);
/// Frees the writer. A file that was not finished stays as it is, without a footer.
void carrow_writer_close(carrow_writer *writer);

// MARK: - Metadata files

/// Writes a `_metadata` file: the row groups of `paths`, each under the name in `names` that it has beside the file.
int carrow_write_metadata(const char *const *paths, const char *const *names, int32_t count, const char *target,
                          carrow_error *error);

// MARK: - Memory

/// Bytes that Arrow holds now, and the most it held.
int64_t carrow_memory_bytes(void);
int64_t carrow_memory_peak(void);

#ifdef __cplusplus
}
#endif

#include "CArrowObjects.h"

#endif
