#define _GNU_SOURCE
#include "frames.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
  /// The kubelet keeps so much of a termination message.
  message_limit = 4096,
  /// Bytes in one line: with its base64 it stays below the 16 KiB at which container runtimes cut lines.
  piece = 9000
};

const char *frame_mark = "";

static char message[message_limit];
static size_t message_length;
static int message_overflows;

/// A log that nobody takes any more must not end the step with it.
static void write_all(int file, const char *text, size_t count) {
  while (count > 0) {
    ssize_t done = write(file, text, count);
    if (done < 0 && errno != EINTR) return;
    if (done > 0) text += done, count -= (size_t)done;
  }
}

static void emit(const char *line, size_t count) {
  write_all(STDOUT_FILENO, line, count);
  if (message_length + count > sizeof message) {
    message_overflows = 1;
  } else {
    memcpy(message + message_length, line, count);
    message_length += count;
  }
}

void frame_text(const char *format, ...) {
  char line[512];
  int head = snprintf(line, sizeof line, "\x1e%s ", frame_mark);
  va_list arguments;
  va_start(arguments, format);
  int body = vsnprintf(line + head, sizeof line - (size_t)head - 1, format, arguments);
  va_end(arguments);
  size_t count = strlen(line);
  line[count++] = '\n';
  // Progress is told again and again, and is worth nothing afterwards.
  if (body > 0 && line[head] == 'p') {
    write_all(STDOUT_FILENO, line, count);
  } else {
    emit(line, count);
  }
}

static size_t encode(char *text, const unsigned char *bytes, size_t count) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t length = 0;
  for (size_t i = 0; i < count; i += 3) {
    unsigned group = (unsigned)bytes[i] << 16;
    if (i + 1 < count) group |= (unsigned)bytes[i + 1] << 8;
    if (i + 2 < count) group |= bytes[i + 2];
    text[length++] = digits[group >> 18];
    text[length++] = digits[group >> 12 & 63];
    text[length++] = i + 1 < count ? digits[group >> 6 & 63] : '=';
    text[length++] = i + 2 < count ? digits[group & 63] : '=';
  }
  return length;
}

void frame_bytes(const char *kind, const unsigned char *bytes, size_t count) {
  static char line[piece / 3 * 4 + 512];
  do {
    size_t part = count < piece ? count : piece;
    size_t length = (size_t)snprintf(line, 500, "\x1e%s %s ", frame_mark, kind);
    length += encode(line + length, bytes, part);
    line[length++] = '\n';
    emit(line, length);
    bytes += part, count -= part;
  } while (count > 0);
}

void frames_publish(void) {
  if (message_overflows) return;
  int file = open("/dev/termination-log", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  write_all(file, message, message_length);
  close(file);
}
