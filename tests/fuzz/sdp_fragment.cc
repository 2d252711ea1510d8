#include "control/signalling/sdp/fragment.h"
#include "tests/fuzz/invariant.h"

using namespace strata::control;

// The whole input is the body of a PATCH.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto fragment = sdp::parse_fragment(text);
    if (!fragment) {
        INVARIANT(fragment.error().code == ErrorCode::invalid_sdp);
        return 0;
    }
    INVARIANT(fragment->ice_ufrag.size() >= 4 && fragment->ice_pwd.size() >= 22);
    INVARIANT(text.find(fragment->ice_ufrag) != text.npos);
    INVARIANT(fragment->candidates < size);
    return 0;
}
