#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace strata::api {

// A new, zeroed segment of `size` bytes: whatever a dead process left under the name is replaced,
// so that its readers keep their old memory. With an empty name it is private to the process.
// `kind` begins the text of an error: "statistics segment".
std::expected<void*, std::string> map_new_segment(std::string_view kind, const std::string& name,
                                                  std::size_t size);

// "statistics segment NAME: mmap: Cannot allocate memory", from errno.
std::string segment_failure(std::string_view kind, const std::string& name, const char* action);

}  // namespace strata::api
