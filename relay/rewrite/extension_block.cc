#include "relay/rewrite/extension_block.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "relay/rtp/byte_order.h"
#include "relay/rtp/extension_map.h"

namespace strata::relay {

namespace {

constexpr std::uint16_t kOneByteForm = 0xbede;  // RFC 8285 section 4.2
constexpr std::uint16_t kTwoByteForm = 0x1000;  // RFC 8285 section 4.3
constexpr std::uint8_t kMaxOneByteId = 14;
constexpr std::size_t kMaxOneByteSize = 16;
constexpr std::size_t kBlockHeaderSize = 4;

// One extension as it leaves.
struct Element {
    ExtensionKind kind;
    std::uint8_t id;
    std::uint8_t size;
    const std::uint8_t* data;

    bool fits_one_byte_form() const {
        return id <= kMaxOneByteId && size >= 1 && size <= kMaxOneByteSize;
    }
};

struct Elements {
    std::size_t count = 0;
    std::size_t data_size = 0;
    bool all_fit_one_byte_form = true;
    std::array<Element, kMaxExtensions + 2> list;             // and those of the hop
    std::array<std::uint8_t, kMaxDescriptorSize> descriptor;  // with its new mask

    void add(const Element& e) {
        list[count++] = e;
        data_size += e.size;
        all_fit_one_byte_form = all_fit_one_byte_form && e.fits_one_byte_form();
    }
};

// Places for what each receiver's packets are stamped with.
void collect_stamped(const HeaderProfile& profile, Elements& out) {
    static constexpr std::array<std::uint8_t, kMaxMidSize> kBlank{};
    constexpr std::uint8_t kTransportSequenceSize = 2;
    if (const std::uint8_t id = profile.id_of(ExtensionKind::transport_cc); id != 0)
        out.add({ExtensionKind::transport_cc, id, kTransportSequenceSize, kBlank.data()});
    if (const std::uint8_t id = profile.id_of(ExtensionKind::mid); id != 0 && profile.mid_size != 0)
        out.add({ExtensionKind::mid, id, profile.mid_size, kBlank.data()});
}

bool collect(std::span<const std::uint8_t> packet, const PacketInfo& info,
             const HeaderProfile& profile, const DescriptorMask* mask, Elements& out) {
    std::uint32_t taken = 0;  // bit kind: the first of a kind counts
    for (std::size_t i = 0; i < info.extension_count; ++i) {
        const ExtensionLocation& from = info.extensions[i];
        const std::uint32_t kind_bit = std::uint32_t{1} << static_cast<unsigned>(from.kind);
        if (is_hop_by_hop(from.kind) || profile.id_of(from.kind) == 0 || (taken & kind_bit) != 0)
            continue;
        if (std::size_t{from.offset} + from.size > packet.size()) return false;
        taken |= kind_bit;
        Element e{from.kind, profile.id_of(from.kind), from.size, packet.data() + from.offset};
        if (from.kind == ExtensionKind::dependency_descriptor && mask != nullptr) {
            const std::size_t size =
                rewrite_descriptor({e.data, e.size}, *mask, std::span(out.descriptor));
            if (size == 0) return false;
            e.size = static_cast<std::uint8_t>(size);
            e.data = out.descriptor.data();
        }
        out.add(e);
    }
    collect_stamped(profile, out);
    return true;
}

bool choose_two_byte_form(const Elements& elements, const HeaderProfile& profile) {
    if (profile.mixed_extension_forms) return !elements.all_fit_one_byte_form;
    return profile.id_of(ExtensionKind::dependency_descriptor) != 0 ||
           std::any_of(profile.extension_id.begin(), profile.extension_id.end(),
                       [](std::uint8_t id) { return id > kMaxOneByteId; });
}

}  // namespace

//   one-byte form:  | id(4) | size-1(4) | data    two-byte form:  | id(8) | size(8) | data
std::optional<ExtensionBlock> write_extension_block(std::span<const std::uint8_t> packet,
                                                    const PacketInfo& info,
                                                    const HeaderProfile& profile,
                                                    const DescriptorMask* mask,
                                                    std::span<std::uint8_t> out) {
    Elements elements;
    if (!collect(packet, info, profile, mask, elements)) return std::nullopt;
    const bool two_byte = choose_two_byte_form(elements, profile);
    const std::size_t most =
        kBlockHeaderSize + elements.data_size + elements.count * (two_byte ? 2 : 1) + 3;
    if (most > out.size()) return std::nullopt;

    ExtensionBlock block;
    std::size_t at = kBlockHeaderSize;
    for (std::size_t i = 0; i < elements.count; ++i) {
        const Element& e = elements.list[i];
        if (two_byte) {
            out[at++] = e.id;
            out[at++] = e.size;
        } else {
            if (!e.fits_one_byte_form()) continue;
            out[at++] = static_cast<std::uint8_t>(e.id << 4 | (e.size - 1));
        }
        if (e.kind == ExtensionKind::dependency_descriptor && e.size >= kMandatoryDescriptorSize) {
            block.descriptor_at = at;
            block.descriptor_size = e.size;
        }
        if (e.kind == ExtensionKind::mid) block.mid_at = at;
        if (e.kind == ExtensionKind::transport_cc) block.transport_sequence_at = at;
        std::memcpy(out.data() + at, e.data, e.size);
        at += e.size;
    }
    if (at == kBlockHeaderSize) return ExtensionBlock{};
    while (at % 4 != 0) out[at++] = 0;
    store_be16(out.data(), two_byte ? kTwoByteForm : kOneByteForm);
    store_be16(out.data() + 2, static_cast<std::uint16_t>(at / 4 - 1));
    block.size = at;
    return block;
}

}  // namespace strata::relay
