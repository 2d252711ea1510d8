#include "relay/rewrite/dependency_descriptor_rewriter.h"

#include <algorithm>

#include "relay/codec/bit_writer.h"

namespace strata::relay {

namespace {

// Flags behind the mandatory fields, AV1 RTP payload specification, appendix A.8.2:
//   bit 24: template_dependency_structure_present   25: active_decode_targets_present
//   bit 26: custom_dtis   27: custom_fdiffs   28: custom_chains
constexpr std::size_t kFlagsEnd = 29;
constexpr std::uint8_t kStructureFlag = 0x80;  // in byte 3
constexpr std::uint8_t kMaskFlag = 0x40;

bool fits(std::span<const std::uint8_t> in, const DescriptorMask& mask) {
    if (in.size() < kMandatoryDescriptorSize || mask.decode_target_count < 1 ||
        mask.decode_target_count > kMaxDecodeTargets)
        return false;
    if (in.size() == kMandatoryDescriptorSize) return mask.place.size() == 0;
    const bool flagged = (in[3] & kMaskFlag) != 0;
    return mask.place.begin >= kFlagsEnd && mask.place.begin <= mask.place.end &&
           mask.place.end <= mask.size_bits && mask.size_bits <= in.size() * 8 &&
           mask.place.size() == (flagged ? mask.decode_target_count : 0);
}

std::uint32_t all_targets(const DescriptorMask& mask) {
    return ~std::uint32_t{0} >> (kMaxDecodeTargets - mask.decode_target_count);
}

}  // namespace

DescriptorMask make_descriptor_mask(const DependencyDescriptor& descriptor,
                                    std::uint8_t decode_target_count,
                                    std::uint32_t active_decode_targets) {
    return {active_decode_targets, decode_target_count, descriptor.active_mask,
            descriptor.size_bits};
}

std::size_t rewrite_descriptor(std::span<const std::uint8_t> in, const DescriptorMask& mask,
                               std::span<std::uint8_t> out) {
    if (!fits(in, mask)) return 0;
    const std::uint32_t targets = mask.active_decode_targets & all_targets(mask);
    const bool extended = in.size() > kMandatoryDescriptorSize;
    BitWriter writer(out.first(std::min(out.size(), kMaxDescriptorSize)));
    writer.copy(in, 0, kMandatoryDescriptorSize * 8);
    if (!extended) {
        writer.write(kMaskFlag >> 3, kFlagsEnd - kMandatoryDescriptorSize * 8);
        writer.write(targets, mask.decode_target_count);
        return writer.ok() ? writer.size_bytes() : 0;
    }
    const bool implied = (in[3] & kStructureFlag) != 0 && targets == all_targets(mask);
    const std::uint8_t flags =
        implied ? in[3] & static_cast<std::uint8_t>(~kMaskFlag) : in[3] | kMaskFlag;
    writer.write(flags >> 3, kFlagsEnd - kMandatoryDescriptorSize * 8);
    writer.copy(in, kFlagsEnd, mask.place.begin);
    if (!implied) writer.write(targets, mask.decode_target_count);
    writer.copy(in, mask.place.end, mask.size_bits);
    return writer.ok() ? writer.size_bytes() : 0;
}

}  // namespace strata::relay
