#include "control/signalling/bounded_sdp.h"

#include <algorithm>

#include "control/signalling/sdp/parser.h"

namespace strata::control {
namespace {

constexpr std::size_t kLinesOfASlot = 120;  // browsers write about 70

sdp::ParserLimits parser_limits(const Limits& limits) {
    return {.bytes = limits.value(Limit::sdp_bytes),
            .lines = limits.value(Limit::sdp_lines),
            .line_bytes = limits.value(Limit::sdp_line_bytes),
            .media_sections = limits.value(Limit::sdp_media_sections)};
}

Result<sdp::Description> counted(Limits& limits, Result<sdp::Description> read) {
    if (read) return read;
    for (const Limit limit :
         {Limit::sdp_bytes, Limit::sdp_lines, Limit::sdp_line_bytes, Limit::sdp_media_sections})
        if (read.error().object == "limits." + std::string(Limits::name(limit)))
            limits.count_hit(limit);
    return read;
}

}  // namespace

Result<sdp::Description> read_description(Limits& limits, std::string_view text) {
    return counted(limits, sdp::parse(text, parser_limits(limits)));
}

Result<sdp::Description> read_own_answer(Limits& limits, std::string_view text,
                                         std::size_t media_sections) {
    sdp::ParserLimits within = parser_limits(limits);
    within.bytes = std::max(within.bytes, limits.value(Limit::meeting_message_bytes));
    within.lines = std::max(within.lines, kLinesOfASlot * media_sections);
    within.media_sections = std::max(within.media_sections, media_sections);
    return counted(limits, sdp::parse(text, within));
}

}  // namespace strata::control
