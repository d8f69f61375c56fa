#include "text.h"

const char *carrow_text_bytes(const carrow_text *text) { return text->content.data(); }

int64_t carrow_text_count(const carrow_text *text) { return static_cast<int64_t>(text->content.size()); }

void carrow_text_free(carrow_text *text) { delete text; }
