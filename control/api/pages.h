#pragma once

#include <span>
#include <string_view>

#include "control/api/http_message.h"

// What browsers are served: files that were embedded when the program was built (control/console).
namespace strata::control {

struct EmbeddedFile {
    std::string_view name;  // "sdk/room.js"
    std::string_view content_type;
    std::string_view etag;  // with its quotes
    std::string_view bytes;
};
// Of control/console, in the order of their names.
std::span<const EmbeddedFile> embedded_files();

// Whether the path is a page's: "/", "/r/ROOM", "/app/…", "/sdk/…".
bool is_page(std::string_view target);
// GET and HEAD. Only what is embedded exists: a path is compared with names, nothing is opened.
HttpResponse page(const HttpRequest& request, std::span<const EmbeddedFile> files);

}  // namespace strata::control
