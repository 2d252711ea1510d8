#include "dataplane/log.h"

#include <cstdio>
#include <ctime>

namespace strata::dataplane {
namespace {

api::LogLevel threshold = api::LogLevel::kInfo;

void log(api::LogLevel level, const char* name, std::string_view text) {
    if (level < threshold) return;
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    tm utc{};
    ::gmtime_r(&now.tv_sec, &utc);
    std::fprintf(stderr, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ %s strata-dataplane: %.*s\n",
                 utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                 utc.tm_sec, now.tv_nsec / 1'000'000, name, static_cast<int>(text.size()),
                 text.data());
}

}  // namespace

void set_log_level(api::LogLevel level) { threshold = level; }
void log_info(std::string_view text) { log(api::LogLevel::kInfo, "info", text); }
void log_warning(std::string_view text) { log(api::LogLevel::kWarning, "warning", text); }
void log_error(std::string_view text) { log(api::LogLevel::kError, "error", text); }

}  // namespace strata::dataplane
