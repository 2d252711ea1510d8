#pragma once

#include <string_view>

#include "dataplane/api/config/config.h"

// Lines for people on standard error, from the main thread only: workers count, they don't log.
namespace strata::dataplane {

// Lines below `level` are left out.
void set_log_level(api::LogLevel level);

void log_info(std::string_view text);
void log_warning(std::string_view text);
void log_error(std::string_view text);

}  // namespace strata::dataplane
