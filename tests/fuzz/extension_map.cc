#include "relay/rtp/extension_map.h"

#include <string_view>

#include "tests/fuzz/invariant.h"

using namespace strata::relay;

// Each pair of bytes: an id, and a kind (or with its top bit set, clear the id). The rest of the
// input is also looked up as a URI.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ExtensionMap map;
    for (std::size_t at = 0; at + 2 <= size; at += 2) {
        const std::uint8_t id = data[at];
        const auto kind = static_cast<ExtensionKind>(data[at + 1] & 0x7F);
        if (data[at + 1] & 0x80)
            map.clear(id);
        else if (map.set(id, kind))
            INVARIANT(map.kind(id) == kind && map.id(kind) == id);
    }
    // Both directions say the same.
    for (std::size_t i = 1; i < static_cast<std::size_t>(ExtensionKind::kCount); ++i) {
        const auto kind = static_cast<ExtensionKind>(i);
        INVARIANT(map.id(kind) == 0 || map.kind(map.id(kind)) == kind);
    }
    for (unsigned id = 1; id < 256; ++id) {
        const ExtensionKind kind = map.kind(static_cast<std::uint8_t>(id));
        INVARIANT(kind == ExtensionKind::none || map.id(kind) == id);
    }
    const std::string_view uri(reinterpret_cast<const char*>(data), size);
    const ExtensionKind found = extension_kind(uri);
    INVARIANT(found == ExtensionKind::none || extension_uri(found) == uri);
    return 0;
}
