#include "control/cli/http_message.h"
#include "tests/fuzz/invariant.h"

using namespace strata::control::cli;

// The first byte says where the answer is cut: what comes in two pieces reads like the whole.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
    const auto whole = parse_response(bytes, true);
    INVARIANT(!whole || *whole);  // nothing more will come
    if (whole) {
        INVARIANT((*whole)->status >= 200 && (*whole)->status < 600);
        INVARIANT((*whole)->body.size() <= bytes.size());
    }
    const auto piece = parse_response(bytes.substr(0, bytes.size() * data[0] / 256), false);
    if (piece && *piece) INVARIANT(whole && (*whole)->status == (*piece)->status);
    const std::string target = encoded(bytes);
    INVARIANT(target.size() >= bytes.size() && target.find(' ') == target.npos);
    return 0;
}
