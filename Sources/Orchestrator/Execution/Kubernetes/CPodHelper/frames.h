/// Lines that hand something over to the engine, in the pod's own log (see Pods/Handover.swift).
#ifndef FRAMES_H
#define FRAMES_H

#include <stddef.h>

/// The word that every line carries; set once, at first.
extern const char *frame_mark;

/// A line of plain text.
void frame_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// Bytes in base64, in as many lines as it takes; at least one, so that what is empty is there too.
void frame_bytes(const char *kind, const unsigned char *bytes, size_t count);

/// Also keeps what is handed over in the container's termination message, if it all fits: that survives the log.
void frames_publish(void);

#endif
