#include "bench/generator/descriptor_writer.h"

#include <algorithm>
#include <bit>
#include <tuple>

namespace strata::gen {
namespace {

constexpr std::size_t kMaxTemplates = 64;
constexpr std::uint16_t kMaxTemplateFdiff = 16;     // fdiff_minus_one has 4 bits
constexpr std::uint8_t kMaxTemplateChainDiff = 15;  // template_chain_fdiff has 4 bits

auto layer_of(const LayerFrame& f) { return std::tuple(f.spatial_id, f.temporal_id); }

bool same_definition(const LayerFrame& a, const LayerFrame& b) {
    return layer_of(a) == layer_of(b) && a.dtis == b.dtis && a.fdiffs == b.fdiffs &&
           a.chain_diffs == b.chain_diffs;
}

bool fits_template(const LayerFrame& f) {
    return std::ranges::all_of(f.fdiffs, [](auto d) { return d <= kMaxTemplateFdiff; }) &&
           std::ranges::all_of(f.chain_diffs, [](auto d) { return d <= kMaxTemplateChainDiff; });
}

}  // namespace

// Bits, most significant first.
class DescriptorWriter::Bits {
  public:
    void put(std::uint32_t value, unsigned count) {
        for (unsigned bit = count; bit > 0; --bit) {
            if (used_ % 8 == 0) bytes_.push_back(0);
            if (value >> (bit - 1) & 1)
                bytes_.back() = static_cast<std::uint8_t>(bytes_.back() | 0x80 >> used_ % 8);
            ++used_;
        }
    }
    // ns(n): a value below n, AV1 specification section 4.10.7.
    void put_non_symmetric(std::uint32_t value, std::uint32_t n) {
        const auto width = static_cast<unsigned>(std::bit_width(n));
        const std::uint32_t short_codes = (1u << width) - n;
        if (value < short_codes)
            put(value, width - 1);
        else
            put(value + short_codes, width);
    }
    std::vector<std::uint8_t> take() { return std::move(bytes_); }

  private:
    std::vector<std::uint8_t> bytes_;
    unsigned used_ = 0;
};

DescriptorWriter::DescriptorWriter(const ScalabilityMode& mode, std::int64_t stride,
                                   std::vector<std::pair<std::uint16_t, std::uint16_t>> resolutions)
    : mode_(mode), resolutions_(std::move(resolutions)) {
    // One key picture and one steady round of the temporal pattern give all templates.
    FrameSequence sequence(mode);
    std::int64_t number = 0;
    const std::int64_t others = (stride - 1) * mode.spatial_layers;
    for (int picture = 0; picture < 12; ++picture) {
        const bool wanted = picture == 0 || picture >= 8;
        for (const LayerFrame& frame : sequence.next_picture(picture == 0, number)) {
            const bool known = std::ranges::any_of(
                templates_, [&](const LayerFrame& t) { return same_definition(t, frame); });
            if (wanted && !known && fits_template(frame) && templates_.size() < kMaxTemplates)
                templates_.push_back(frame);
        }
        number += others;
    }
    std::ranges::stable_sort(templates_, {}, layer_of);
}

std::size_t DescriptorWriter::best_template(const LayerFrame& frame) const {
    std::size_t best = 0;
    int best_score = -1;
    for (std::size_t i = 0; i < templates_.size(); ++i) {
        const LayerFrame& t = templates_[i];
        if (layer_of(t) != layer_of(frame)) continue;
        const int score = (t.dtis == frame.dtis ? 4 : 0) + (t.fdiffs == frame.fdiffs ? 2 : 0) +
                          (t.chain_diffs == frame.chain_diffs ? 1 : 0);
        if (score <= best_score) continue;
        best_score = score;
        best = i;
    }
    return best;
}

std::vector<std::uint8_t> DescriptorWriter::write(const LayerFrame& frame, bool first_packet,
                                                  bool last_packet, bool structure) const {
    const std::size_t index = best_template(frame);
    const LayerFrame& t = templates_[index];
    const bool custom_dtis = t.dtis != frame.dtis;
    const bool custom_fdiffs = t.fdiffs != frame.fdiffs;
    const bool custom_chains = t.chain_diffs != frame.chain_diffs;
    Bits bits;
    bits.put(first_packet, 1);
    bits.put(last_packet, 1);
    bits.put(static_cast<std::uint32_t>(index), 6);
    bits.put(static_cast<std::uint32_t>(frame.number & 0xffff), 16);
    if (!structure && !custom_dtis && !custom_fdiffs && !custom_chains) return bits.take();
    bits.put(structure, 1);
    bits.put(0, 1);  // active_decode_targets_present_flag
    bits.put(custom_dtis, 1);
    bits.put(custom_fdiffs, 1);
    bits.put(custom_chains, 1);
    if (structure) write_structure(bits);
    if (custom_dtis)
        for (const relay::Dti dti : frame.dtis) bits.put(static_cast<std::uint32_t>(dti), 2);
    if (custom_fdiffs) {
        for (const std::uint16_t fdiff : frame.fdiffs) {
            const unsigned nibbles = fdiff <= 16 ? 1 : fdiff <= 256 ? 2 : 3;
            bits.put(nibbles, 2);
            bits.put(fdiff - 1u, nibbles * 4);
        }
        bits.put(0, 2);
    }
    if (custom_chains)
        for (const std::uint8_t diff : frame.chain_diffs) bits.put(diff, 8);
    return bits.take();
}

void DescriptorWriter::write_structure(Bits& bits) const {
    const std::uint32_t targets = std::uint32_t{mode_.spatial_layers} * mode_.temporal_layers;
    bits.put(0, 6);  // template_id_offset
    bits.put(targets - 1, 5);
    for (std::size_t i = 0; i < templates_.size(); ++i) {
        if (i + 1 == templates_.size())
            bits.put(3, 2);
        else if (templates_[i + 1].spatial_id != templates_[i].spatial_id)
            bits.put(2, 2);
        else
            bits.put(templates_[i + 1].temporal_id != templates_[i].temporal_id ? 1 : 0, 2);
    }
    for (const LayerFrame& t : templates_)
        for (const relay::Dti dti : t.dtis) bits.put(static_cast<std::uint32_t>(dti), 2);
    for (const LayerFrame& t : templates_) {
        for (const std::uint16_t fdiff : t.fdiffs) {
            bits.put(1, 1);
            bits.put(fdiff - 1u, 4);
        }
        bits.put(0, 1);
    }
    bits.put_non_symmetric(mode_.spatial_layers, targets + 1);  // chain_cnt
    for (std::uint32_t target = 0; target < targets; ++target)
        bits.put_non_symmetric(target / mode_.temporal_layers, mode_.spatial_layers);
    for (const LayerFrame& t : templates_)
        for (const std::uint8_t diff : t.chain_diffs) bits.put(diff, 4);
    bits.put(!resolutions_.empty(), 1);
    for (const auto& [width, height] : resolutions_) {
        bits.put(width - 1u, 16);
        bits.put(height - 1u, 16);
    }
}

}  // namespace strata::gen
