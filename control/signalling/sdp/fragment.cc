#include "control/signalling/sdp/fragment.h"

#include "control/signalling/sdp/description.h"
#include "control/signalling/sdp/field_reader.h"

namespace strata::control::sdp {
namespace {

constexpr std::size_t kMaxBytes = 65536;
constexpr std::string_view kUfrag = "a=ice-ufrag:", kPwd = "a=ice-pwd:";

// Takes over what `line` says of `field`, unless something else was said before.
bool read(std::string_view line, std::string_view prefix, std::size_t shortest,
          std::string& field) {
    if (!line.starts_with(prefix)) return true;
    line.remove_prefix(prefix.size());
    if (!is_ice_text(line, shortest) || (!field.empty() && field != line)) return false;
    field = line;
    return true;
}

}  // namespace

Result<Fragment> parse_fragment(std::string_view text) {
    const auto wrong = [](std::string detail) {
        return refuse(ErrorCode::invalid_sdp, "", std::move(detail),
                      "a fragment as in RFC 8840 with a=ice-ufrag and a=ice-pwd");
    };
    if (text.size() > kMaxBytes) return wrong("the fragment is too large");
    Fragment fragment;
    while (!text.empty()) {
        std::string_view line = take(text, '\n');
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) continue;
        if (line.size() < 2 || line[1] != '=') return wrong("not lines of a description");
        if (line.starts_with("a=candidate:")) ++fragment.candidates;
        if (!read(line, kUfrag, 4, fragment.ice_ufrag) || !read(line, kPwd, 22, fragment.ice_pwd))
            return wrong("the credentials can't be read");
    }
    if (fragment.ice_ufrag.empty() || fragment.ice_pwd.empty())
        return wrong("the credentials are missing");
    return fragment;
}

}  // namespace strata::control::sdp
