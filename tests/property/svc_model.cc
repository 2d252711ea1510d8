#include "tests/property/svc_model.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "relay/codec/bit_writer.h"

namespace strata::relay {

SvcModel::SvcModel(const SvcShape& shape) : shape_(shape) {
    if (shape_.frames_per_picture == 0) shape_.frames_per_picture = shape_.spatial_layers;
    for (int k = 0; k <= period(); ++k) {
        definitions_.emplace_back();
        for (int s = 0; s < shape_.spatial_layers; ++s) {
            definitions_.back().push_back(define({k, s}));
            const FrameDefinition& added = definitions_.back().back();
            if (std::find(templates_.begin(), templates_.end(), added) == templates_.end())
                templates_.push_back(added);
        }
    }
    std::stable_sort(templates_.begin(), templates_.end(),
                     [](const FrameDefinition& a, const FrameDefinition& b) {
                         return std::tie(a.spatial_id, a.temporal_id) <
                                std::tie(b.spatial_id, b.temporal_id);
                     });
}

const FrameDefinition& SvcModel::frame(int k, int spatial) const {
    const int place = k == 0 ? 0 : (k - 1) % period() + 1;
    return definitions_[static_cast<std::size_t>(place)][static_cast<std::size_t>(spatial)];
}

int SvcModel::temporal_id(int k) const {
    if (k % period() == 0) return 0;
    return shape_.temporal_layers == 2 || k % 2 == 0 ? 1 : 2;
}

int SvcModel::reference_distance(int k) const {
    if (k == 0) return 0;
    if (k % period() == 0) return period();
    return k % 2 == 0 ? 2 : 1;
}

bool SvcModel::predicts_inter_layer(int k, int spatial) const {
    if (spatial == 0 || shape_.inter_layer == InterLayer::none) return false;
    return shape_.inter_layer == InterLayer::full || k == 0;
}

bool SvcModel::in_target(Place frame, int spatial, int temporal) const {
    if (temporal_id(frame.k) > temporal) return false;
    const bool lower_too = shape_.inter_layer == InterLayer::full ||
                           (shape_.inter_layer == InterLayer::key_pictures && frame.k == 0);
    return frame.spatial == spatial || (lower_too && frame.spatial < spatial);
}

bool SvcModel::in_chain(Place frame, int chain) const { return in_target(frame, chain, 0); }

std::vector<SvcModel::Place> SvcModel::references(Place frame) const {
    std::vector<Place> list;
    if (frame.k > 0) list.push_back({frame.k - reference_distance(frame.k), frame.spatial});
    if (predicts_inter_layer(frame.k, frame.spatial)) list.push_back({frame.k, frame.spatial - 1});
    return list;
}

// switch: whoever can decode this frame can decode all later ones of the target; discardable: no
// later one refers to it.
Dti SvcModel::indication(Place frame, int spatial, int temporal) const {
    if (!in_target(frame, spatial, temporal)) return Dti::not_present;
    std::set<int> decodable;
    std::vector<Place> open{frame};
    while (!open.empty()) {
        const Place place = open.back();
        open.pop_back();
        if (!decodable.insert(number(place)).second) continue;
        for (const Place reference : references(place)) open.push_back(reference);
    }
    bool referred_to = false, all_decodable = true;
    for (int k = frame.k; k <= frame.k + 3 * period(); ++k)
        for (int s = 0; s < shape_.spatial_layers; ++s) {
            const Place later{k, s};
            if (number(later) <= number(frame) || !in_target(later, spatial, temporal)) continue;
            for (const Place reference : references(later)) {
                referred_to = referred_to || number(reference) == number(frame);
                all_decodable = all_decodable && (number(reference) > number(frame) ||
                                                  decodable.contains(number(reference)));
            }
        }
    if (!referred_to) return Dti::discardable;
    return all_decodable ? Dti::switch_point : Dti::required;
}

FrameDefinition SvcModel::define(Place frame) const {
    FrameDefinition out{frame.spatial, temporal_id(frame.k), {}, {}, {}};
    for (const Place reference : references(frame))
        out.fdiffs.push_back(number(frame) - number(reference));
    for (int s = 0; s < shape_.spatial_layers; ++s)
        for (int t = 0; t < shape_.temporal_layers; ++t)
            out.dtis.push_back(indication(frame, s, t));
    for (int chain = 0; chain < shape_.spatial_layers; ++chain) {
        int diff = 0;
        for (int k = 0; k <= frame.k; ++k)
            for (int s = 0; s < shape_.spatial_layers; ++s)
                if (number({k, s}) < number(frame) && in_chain({k, s}, chain))
                    diff = number(frame) - number({k, s});
        out.chain_diffs.push_back(diff);
    }
    return out;
}

std::vector<std::uint8_t> SvcModel::write(const FrameDefinition& frame,
                                          const Descriptor& what) const {
    std::vector<std::uint8_t> bytes(255, 0);
    BitWriter w(bytes);
    const auto put = [&w](auto value, unsigned bits) {
        w.write(static_cast<std::uint32_t>(value), bits);
    };
    const auto same = std::find(templates_.begin(), templates_.end(), frame) - templates_.begin();
    put(what.start, 1);
    put(what.end, 1);
    put((same + what.template_id_offset) % 64, 6);
    put(what.frame_number, 16);
    if (!what.attach_structure && !what.with_mask && !what.custom) {
        bytes.resize(w.size_bytes());
        return bytes;
    }
    put(what.attach_structure, 1);
    put(what.with_mask, 1);
    for (int i = 0; i < 3; ++i) put(what.custom, 1);
    if (what.attach_structure) {
        put(what.template_id_offset, 6);
        put(decode_targets() - 1, 5);
        for (std::size_t i = 0; i + 1 < templates_.size(); ++i) {
            const bool same_spatial = templates_[i].spatial_id == templates_[i + 1].spatial_id;
            const bool same_temporal = templates_[i].temporal_id == templates_[i + 1].temporal_id;
            put(!same_spatial ? 2 : same_temporal ? 0 : 1, 2);
        }
        put(3, 2);
        for (const FrameDefinition& t : templates_)
            for (const Dti dti : t.dtis) put(dti, 2);
        for (const FrameDefinition& t : templates_) {
            for (const int fdiff : t.fdiffs) put(16 + fdiff - 1, 5);
            put(0, 1);
        }
        const auto chains = static_cast<std::uint32_t>(shape_.spatial_layers);
        w.write_non_symmetric(chains, static_cast<std::uint32_t>(decode_targets()) + 1);
        for (int dt = 0; dt < decode_targets(); ++dt)
            w.write_non_symmetric(static_cast<std::uint32_t>(dt / shape_.temporal_layers), chains);
        for (const FrameDefinition& t : templates_)
            for (const int diff : t.chain_diffs) put(diff, 4);
        put(1, 1);
        for (int s = 0; s < shape_.spatial_layers; ++s) {
            put((320 << s) - 1, 16);
            put((180 << s) - 1, 16);
        }
    }
    if (what.with_mask) put(what.mask, static_cast<unsigned>(decode_targets()));
    if (what.custom) {
        for (const Dti dti : frame.dtis) put(dti, 2);
        for (const int fdiff : frame.fdiffs) {
            put(2, 2);
            put(fdiff - 1, 8);
        }
        put(0, 2);
        for (const int diff : frame.chain_diffs) put(diff, 8);
    }
    bytes.resize(w.ok() ? w.size_bytes() : 0);
    return bytes;
}

}  // namespace strata::relay
