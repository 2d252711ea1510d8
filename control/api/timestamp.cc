#include "control/api/timestamp.h"

#include <chrono>
#include <ctime>

namespace strata::control {

std::int64_t unix_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::string timestamp_text(std::int64_t unix_ms) {
    const std::time_t seconds = static_cast<std::time_t>(unix_ms / 1000);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    char text[32];
    const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    const std::string ms = std::to_string(1000 + unix_ms % 1000);
    return std::string(text, size) + "." + ms.substr(1) + "Z";
}

}  // namespace strata::control
