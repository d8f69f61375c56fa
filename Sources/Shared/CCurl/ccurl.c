#include "include/CCurl.h"

// libcurl's checks of arguments are macros over its own functions, which are not called by name here.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ccurl_handle {
  CURL *easy;
};

/// libcurl, loaded when a request is first made: it and the thirty libraries that it stands on take longer to load than
/// most commands take, and most commands speak to nobody.
static struct {
  bool is_there;
  CURLcode (*global_init)(long flags);
  CURL *(*easy_init)(void);
  void (*easy_cleanup)(CURL *easy);
  void (*easy_reset)(CURL *easy);
  CURLcode (*easy_setopt)(CURL *easy, CURLoption option, ...);
  CURLcode (*easy_perform)(CURL *easy);
  CURLcode (*easy_getinfo)(CURL *easy, CURLINFO information, ...);
  const char *(*easy_strerror)(CURLcode code);
  struct curl_slist *(*slist_append)(struct curl_slist *list, const char *text);
  void (*slist_free_all)(struct curl_slist *list);
} curl;

static pthread_once_t initialized = PTHREAD_ONCE_INIT;

static void initialize(void) {
  void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (!library) return;
  const struct {
    const char *name;
    void *place;
  } functions[] = {
      {"curl_global_init", &curl.global_init},     {"curl_easy_init", &curl.easy_init},
      {"curl_easy_cleanup", &curl.easy_cleanup},   {"curl_easy_reset", &curl.easy_reset},
      {"curl_easy_setopt", &curl.easy_setopt},     {"curl_easy_perform", &curl.easy_perform},
      {"curl_easy_getinfo", &curl.easy_getinfo},   {"curl_easy_strerror", &curl.easy_strerror},
      {"curl_slist_append", &curl.slist_append},   {"curl_slist_free_all", &curl.slist_free_all},
  };
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    void *function = dlsym(library, functions[i].name);
    if (!function) return;
    memcpy(functions[i].place, &function, sizeof function);
  }
  curl.is_there = curl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

ccurl_handle *ccurl_open(void) {
  pthread_once(&initialized, initialize);
  if (!curl.is_there) return NULL;
  ccurl_handle *handle = calloc(1, sizeof *handle);
  if (!handle) return NULL;
  handle->easy = curl.easy_init();
  if (handle->easy) return handle;
  free(handle);
  return NULL;
}

void ccurl_close(ccurl_handle *handle) {
  if (!handle) return;
  curl.easy_cleanup(handle->easy);
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
    curl.easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_count);
    curl.easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
  } else if (strcmp(request->method, "HEAD") == 0) {
    curl.easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return;
  } else {
    curl.easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  }
  curl.easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
}

static void set_security(CURL *easy, const ccurl_request *request) {
  if (request->authority_file) curl.easy_setopt(easy, CURLOPT_CAINFO, request->authority_file);
  if (request->certificate_file) curl.easy_setopt(easy, CURLOPT_SSLCERT, request->certificate_file);
  if (request->key_file) curl.easy_setopt(easy, CURLOPT_SSLKEY, request->key_file);
  if (!request->signature) return;
  curl.easy_setopt(easy, CURLOPT_AWS_SIGV4, request->signature);
  curl.easy_setopt(easy, CURLOPT_USERNAME, request->access_key);
  curl.easy_setopt(easy, CURLOPT_PASSWORD, request->secret_key);
}

static void set_limits(CURL *easy, const ccurl_request *request) {
  curl.easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_timeout_ms);
  curl.easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
  if (request->idle_timeout_s > 0) {
    curl.easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl.easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)request->idle_timeout_s);
  }
}

static void set_callbacks(CURL *easy, const ccurl_request *request) {
  curl.easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl.easy_setopt(easy, CURLOPT_WRITEDATA, request);
  curl.easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl.easy_setopt(easy, CURLOPT_HEADERDATA, request);
  curl.easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl.easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl.easy_setopt(easy, CURLOPT_XFERINFODATA, request);
}

void ccurl_perform(ccurl_handle *handle, const ccurl_request *request, ccurl_result *result) {
  CURL *easy = handle->easy;
  struct curl_slist *headers = NULL;
  char message[CURL_ERROR_SIZE] = "";
  long status = 0, sent = 0;

  curl.easy_reset(easy);
  for (int32_t i = 0; i < request->header_count; i++) headers = curl.slist_append(headers, request->headers[i]);
  curl.easy_setopt(easy, CURLOPT_URL, request->url);
  // The path goes out as it is given: a signature covers it.
  curl.easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl.easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl.easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl.easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl.easy_setopt(easy, CURLOPT_ERRORBUFFER, message);
  set_method(easy, request);
  set_security(easy, request);
  set_limits(easy, request);
  set_callbacks(easy, request);

  CURLcode code = curl.easy_perform(easy);
  curl.easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  curl.easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &sent);
  curl.easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL);
  curl.slist_free_all(headers);
  result->code = code;
  result->status = (int32_t)status;
  result->was_sent = sent > 0;
  snprintf(result->message, sizeof result->message, "%s", message[0] ? message : curl.easy_strerror(code));
}
