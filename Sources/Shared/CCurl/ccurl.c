#include "include/CCurl.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ccurl_handle {
  CURL *easy;
};

static pthread_once_t initialized = PTHREAD_ONCE_INIT;

static void initialize(void) { curl_global_init(CURL_GLOBAL_DEFAULT); }

ccurl_handle *ccurl_open(void) {
  pthread_once(&initialized, initialize);
  ccurl_handle *handle = calloc(1, sizeof *handle);
  if (!handle) return NULL;
  handle->easy = curl_easy_init();
  if (handle->easy) return handle;
  free(handle);
  return NULL;
}

void ccurl_close(ccurl_handle *handle) {
  if (!handle) return;
  curl_easy_cleanup(handle->easy);
  free(handle);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context) {
  const ccurl_request *request = context;
  size_t total = size * count;
  return request->receive_body(request->context, (const uint8_t *)bytes, total) ? total : 0;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *context) {
  const ccurl_request *request = context;
  size_t total = size * count;
  return request->receive_header(request->context, bytes, total) ? total : 0;
}

static int on_progress(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
  (void)a, (void)b, (void)c, (void)d;
  const ccurl_request *request = context;
  return request->is_cancelled(request->context) ? 1 : 0;
}

static void set_method(CURL *easy, const ccurl_request *request) {
  if (request->body) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_count);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
  } else if (strcmp(request->method, "HEAD") == 0) {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return;
  } else {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  }
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
}

static void set_security(CURL *easy, const ccurl_request *request) {
  if (request->authority_file) curl_easy_setopt(easy, CURLOPT_CAINFO, request->authority_file);
  if (request->certificate_file) curl_easy_setopt(easy, CURLOPT_SSLCERT, request->certificate_file);
  if (request->key_file) curl_easy_setopt(easy, CURLOPT_SSLKEY, request->key_file);
  if (!request->signature) return;
  curl_easy_setopt(easy, CURLOPT_AWS_SIGV4, request->signature);
  curl_easy_setopt(easy, CURLOPT_USERNAME, request->access_key);
  curl_easy_setopt(easy, CURLOPT_PASSWORD, request->secret_key);
}

static void set_limits(CURL *easy, const ccurl_request *request) {
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_timeout_ms);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
  if (request->idle_timeout_s > 0) {
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)request->idle_timeout_s);
  }
}

static void set_callbacks(CURL *easy, const ccurl_request *request) {
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, request);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, request);
}

void ccurl_perform(ccurl_handle *handle, const ccurl_request *request, ccurl_result *result) {
  CURL *easy = handle->easy;
  struct curl_slist *headers = NULL;
  char message[CURL_ERROR_SIZE] = "";
  long status = 0, sent = 0;

  curl_easy_reset(easy);
  for (int32_t i = 0; i < request->header_count; i++) headers = curl_slist_append(headers, request->headers[i]);
  curl_easy_setopt(easy, CURLOPT_URL, request->url);
  // The path goes out as it is given: a signature covers it.
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, message);
  set_method(easy, request);
  set_security(easy, request);
  set_limits(easy, request);
  set_callbacks(easy, request);

  CURLcode code = curl_easy_perform(easy);
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &sent);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL);
  curl_slist_free_all(headers);
  result->code = code;
  result->status = (int32_t)status;
  result->was_sent = sent > 0;
  snprintf(result->message, sizeof result->message, "%s", message[0] ? message : curl_easy_strerror(code));
}
