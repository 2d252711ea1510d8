#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "relay/codec/packet_info.h"

namespace strata::relay {

// The kind that `uri` names, exactly as in an `a=extmap` line (RFC 8285 section 5); none when the
// relay doesn't know it.
ExtensionKind extension_kind(std::string_view uri);

// The URI of `kind`; empty for none.
std::string_view extension_uri(ExtensionKind kind);

// Short stable name for tables and statistics, such as "dependency-descriptor".
std::string_view extension_name(ExtensionKind kind);

// True for extensions that speak of one hop only: never forwarded, stamped anew where the next leg
// wants them (C37). Unknown ones count as hop by hop.
constexpr bool is_hop_by_hop(ExtensionKind kind) {
    return kind == ExtensionKind::none || kind >= ExtensionKind::transport_cc;
}

// One peer's header extension ids, as negotiated: id to kind and back.
class ExtensionMap {
  public:
    // Gives `id` to `kind`, taking both away from whatever had them. False, and nothing changed,
    // when id is 0 or 15 (RFC 8285 reserves them), or kind is none.
    bool set(std::uint8_t id, ExtensionKind kind) {
        const auto index = static_cast<std::size_t>(kind);
        if (id == 0 || id == 15 || index == 0 || index >= kKinds) return false;
        clear(id);
        kind_by_id_[id_by_kind_[index]] = ExtensionKind::none;
        kind_by_id_[id] = kind;
        id_by_kind_[index] = id;
        return true;
    }

    void clear(std::uint8_t id) {
        id_by_kind_[static_cast<std::size_t>(kind_by_id_[id])] = 0;
        kind_by_id_[id] = ExtensionKind::none;
    }

    ExtensionKind kind(std::uint8_t id) const { return kind_by_id_[id]; }
    // 0: not negotiated.
    std::uint8_t id(ExtensionKind kind) const {
        return id_by_kind_[static_cast<std::size_t>(kind)];
    }

    friend auto operator<=>(const ExtensionMap&, const ExtensionMap&) = default;  // any order

  private:
    static constexpr std::size_t kKinds = static_cast<std::size_t>(ExtensionKind::kCount);
    std::array<ExtensionKind, 256> kind_by_id_{};
    std::array<std::uint8_t, kKinds> id_by_kind_{};
};

}  // namespace strata::relay
