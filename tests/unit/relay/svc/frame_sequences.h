#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "relay/svc/predicate.h"
#include "relay/svc/selector.h"

namespace strata::relay {

// Hand-made layer frames as encoders make them: pictures of `spatial_layers` frames, temporal ids
// in the order 0 2 1 2 (three layers) or 0 1 (two).
class FrameSource {
  public:
    enum class Facts : std::uint8_t { layer_ids, descriptor };

    FrameSource(SpatialMode mode, int spatial_layers, int temporal_layers, Facts facts)
        : mode_(mode), spatial_(spatial_layers), temporal_(temporal_layers), facts_(facts) {
        make_targets();
    }

    // Temporal id of the next picture.
    TemporalId next_temporal(bool key) const {
        static constexpr std::array<TemporalId, 4> kThree{0, 2, 1, 2};
        if (key || temporal_ == 1) return 0;
        const auto position = static_cast<std::size_t>(picture_ - key_);
        return temporal_ == 2 ? static_cast<TemporalId>(position % 2) : kThree[position % 4];
    }

    // Leaves out spatial layers from `layers` on, as an encoder short of bandwidth does (C4).
    std::vector<FrameInfo> picture(bool key = false, int layers = kMaxSpatialLayers) {
        if (key) key_ = picture_;
        const TemporalId temporal = next_temporal(key);
        for (int s = layers; s < spatial_; ++s) last_[static_cast<std::size_t>(s)].fill(-1);
        std::vector<FrameInfo> frames;
        for (int s = 0; s < std::min(spatial_, layers); ++s)
            frames.push_back(frame(static_cast<SpatialId>(s), temporal, key, layers));
        if (temporal + 1 < temporal_ || temporal_ == 1 || temporal == 0)
            for (const FrameInfo& f : frames)
                for (TemporalId t = temporal; t < kMaxTemporalLayers; ++t)
                    last_[f.spatial_id][t] = f.id;
        ++picture_;
        return frames;
    }

  private:
    FrameInfo frame(SpatialId s, TemporalId temporal, bool key, int layers) {
        FrameInfo f;
        f.id = picture_ * 8 + s;
        f.picture = picture_;
        f.begun = true;
        f.spatial_id = s;
        f.temporal_id = temporal;
        f.key_picture = key;
        f.mode = mode_;
        f.top_spatial = static_cast<SpatialId>(spatial_ - 1);
        f.top_temporal = static_cast<TemporalId>(temporal_ - 1);
        f.references_known = true;
        const bool between =
            s > 0 && (mode_ == SpatialMode::full || (mode_ == SpatialMode::key && key));
        // A layer that comes back is predicted from the layer below only.
        const std::int64_t before = last_[s][temporal];
        f.inter_predicted = !key && before >= key_ * 8;
        if (f.inter_predicted) f.references[f.reference_count++] = before;
        if (between) f.references[f.reference_count++] = f.id - 1;
        f.independent = f.reference_count == 0;
        f.switching_up = true;
        f.not_for_inter_layer = mode_ == SpatialMode::none || (mode_ == SpatialMode::key && !key);
        if (facts_ == Facts::descriptor) describe(f, layers);
        return f;
    }

    void make_targets() {
        for (SpatialId s = 0; s < kMaxSpatialLayers; ++s)
            for (TemporalId t = 0; t < kMaxTemporalLayers; ++t) {
                const int top = std::min<int>(s, spatial_ - 1);
                const int rate = std::min<int>(t, temporal_ - 1);
                const std::size_t i = layer_index(s, t);
                map_.target[i] = static_cast<std::int8_t>(top * temporal_ + rate);
                map_.spatial[i] = static_cast<SpatialId>(top);
                map_.chain[i] = static_cast<std::uint8_t>(top);
            }
    }

    Dti indication(const FrameInfo& f, SpatialId s, TemporalId t) const {
        FrameInfo plain = f;
        plain.targets = nullptr;
        if ((layer_sets(plain).wanted & layer_bit(s, t)) == 0) return Dti::not_present;
        if (f.key_picture) return Dti::switch_point;
        if (f.temporal_id == t && t > 0) return Dti::discardable;
        return f.spatial_id == s ? Dti::switch_point : Dti::required;
    }

    void describe(FrameInfo& f, int layers) {
        f.targets = &map_;
        f.chain_count = static_cast<std::uint8_t>(spatial_);
        f.active_decode_targets = 0;
        for (int s = 0; s < spatial_; ++s) {
            for (int t = 0; t < temporal_; ++t) {
                const int target = s * temporal_ + t;
                f.dti[static_cast<std::size_t>(target)] =
                    indication(f, static_cast<SpatialId>(s), static_cast<TemporalId>(t));
                if (s < layers) f.active_decode_targets |= 1u << target;
            }
            const auto chain = static_cast<std::size_t>(s);
            const bool restarts = f.key_picture && f.spatial_id == 0;
            f.chain_diff[chain] =
                restarts ? 0 : static_cast<std::uint8_t>(f.id - chain_last_[chain]);
            const bool member = f.temporal_id == 0 &&
                                f.dti[static_cast<std::size_t>(s * temporal_)] != Dti::not_present;
            if (member) chain_last_[chain] = f.id;
        }
    }

    SpatialMode mode_;
    int spatial_, temporal_;
    Facts facts_;
    TargetMap map_;
    std::int64_t picture_ = 100, key_ = 100;
    std::array<std::array<std::int64_t, kMaxTemporalLayers>, kMaxSpatialLayers> last_{};
    std::array<std::int64_t, kMaxChains> chain_last_{};
};

// A selector with one ring per encoding and single receivers, who check that no frame comes to them
// whose references policy kept from them (C10).
class SelectorRig {
  public:
    explicit SelectorRig(std::size_t encodings = 1, bool blind = false)
        : selector_({encodings, 250'000, blind}, 32), rings_(encodings, FrameRing(1024)) {}

    std::size_t subscribe(LayerTarget target) {
        members_.push_back({selector_.join(target), {}, {}});
        return members_.size() - 1;
    }
    void want(std::size_t member, LayerTarget target) {
        members_[member].cohort = selector_.retarget(members_[member].cohort, target);
    }
    LayerId layer(std::size_t member) const {
        return selector_.cohort(members_[member].cohort).current;
    }
    bool at(std::size_t member, SpatialId s, TemporalId t, std::uint8_t encoding = 0) const {
        return layer(member) == LayerId{encoding, s, t};
    }
    // Ids of all frames that came to the member.
    const std::set<std::int64_t>& given(std::size_t member) const { return members_[member].given; }
    bool last_move_after_marker() const { return after_marker_; }
    Selector& selector() { return selector_; }
    bool asks(std::size_t encoding = 0) const {
        return (selector_.wishes().waiting >> encoding & 1) != 0;
    }

    void feed(const FrameInfo& frame, std::uint8_t encoding = 0) {
        FrameRing& ring = rings_[encoding];
        FrameRecord& record = *ring.insert(frame.id);
        const LayerSets sets = layer_sets(frame);
        record.picture = frame.picture;
        record.wanted = sets.wanted;
        record.needed = sets.needed;
        record.switching = sets.switching;
        record.top = sets.top;
        record.spatial_id = frame.spatial_id;
        record.temporal_id = frame.temporal_id;
        selector_.availability().on_packet(encoding, now_);
        selector_.availability().on_frame(encoding, frame, now_);
        for (std::size_t i = 0; i < selector_.cohort_count(); ++i) {
            const auto cohort = static_cast<CohortIndex>(i);
            const auto move = selector_.decide(cohort, encoding, frame, record, ring);
            if (!move) continue;
            after_marker_ = move->after_marker;
            const CohortIndex into = selector_.move(cohort, move->to, frame.id);
            for (Member& member : members_)
                if (member.cohort == cohort) member.cohort = into;
        }
        for (Member& member : members_) give(member, encoding, frame, record);
        selector_.after_frame(encoding, frame, record, ring);
    }

    void feed(const std::vector<FrameInfo>& picture, std::uint8_t encoding = 0) {
        for (const FrameInfo& frame : picture) feed(frame, encoding);
        now_ += 33'333;
    }
    void wait(TimeUs us) { now_ += us; }

  private:
    struct Member {
        CohortIndex cohort;
        std::set<std::int64_t> given;
        std::set<std::pair<int, std::int64_t>> known;
    };

    void give(Member& member, std::uint8_t encoding, const FrameInfo& frame,
              const FrameRecord& record) {
        const LayerId layer = selector_.cohort(member.cohort).current;
        if (layer.encoding != encoding || (record.wanted & layer.bit()) == 0) return;
        for (std::size_t i = 0; i < frame.reference_count; ++i)
            EXPECT_TRUE(member.known.contains({encoding, frame.references[i]}))
                << "frame " << frame.id << " refers to " << frame.references[i];
        member.given.insert(frame.id);
        member.known.insert({encoding, frame.id});
    }

    Selector selector_;
    std::vector<FrameRing> rings_;
    std::vector<Member> members_;
    TimeUs now_ = 1'000'000;
    bool after_marker_ = false;
};

inline LayerTarget layers(SpatialId s, TemporalId t, std::uint8_t encoding = 0) {
    return {encoding, s, t, false};
}

}  // namespace strata::relay
