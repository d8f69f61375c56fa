/// libcurl for Swift: its easy interface takes variadic arguments, which Swift cannot pass.
///
/// A handle is used by one thread at a time and keeps its connections between requests.
#ifndef CCURL_H
#define CCURL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ccurl_handle ccurl_handle;

/// One request. Pointers live until `ccurl_perform` returns; those that may be NULL say so.
typedef struct ccurl_request {
  const char *method;
  const char *url;
  /// `Name: value`.
  const char *const *headers;
  int32_t header_count;
  /// NULL for a request without a body.
  const uint8_t *body;
  int64_t body_count;
  /// `aws:amz:<region>:<service>` signs the request with AWS Signature Version 4; may be NULL.
  const char *signature;
  /// The signature's key; may be NULL.
  const char *access_key, *secret_key;
  int64_t connect_timeout_ms;
  /// For the whole exchange; 0 is none, for streams.
  int64_t timeout_ms;
  /// Gives up when nothing came for so long; 0 is never.
  int64_t idle_timeout_s;
  /// Files in PEM; may be NULL.
  const char *authority_file, *certificate_file, *key_file;
  /// Sees the body's bytes as they come; returning false ends the exchange.
  bool (*receive_body)(void *context, const uint8_t *bytes, size_t count);
  /// Sees each line of the header, status line included; returning false ends the exchange.
  bool (*receive_header)(void *context, const char *line, size_t count);
  /// Asked about once a second; returning true ends the exchange.
  bool (*is_cancelled)(void *context);
  void *context;
} ccurl_request;

/// How an exchange ended.
typedef struct ccurl_result {
  /// 0, or libcurl's error code.
  int32_t code;
  /// The status; 0 when no answer came.
  int32_t status;
  /// Whether bytes of the request may have reached the server.
  bool was_sent;
  char message[256];
} ccurl_result;

/// NULL when there is no memory.
ccurl_handle *ccurl_open(void);
void ccurl_close(ccurl_handle *handle);

void ccurl_perform(ccurl_handle *handle, const ccurl_request *request, ccurl_result *result);

#endif
