#include "bench/generator/picture_check.h"

#include <gtest/gtest.h>

namespace strata::gen {
namespace {

FrameFacts facts(std::int64_t picture, bool key = false) {
    FrameFacts f;
    f.id = picture;
    f.timestamp = picture * 3000;
    f.key_picture = key;
    f.references_known = true;
    if (!key) f.references = {picture - 1};
    return f;
}

class PictureCheckTest : public testing::Test {
  protected:
    void add(std::int64_t sequence, const FrameFacts& f, bool marker, bool optional = false) {
        check_.add({sequence * 33'000, sequence, marker, optional}, f);
    }
    FaultLog faults_;
    PictureCheck check_{faults_};
};

TEST_F(PictureCheckTest, APictureIsJudgedOnlyWhenLaterOnesCame) {
    add(1, facts(1, true), true);
    EXPECT_EQ(check_.view().pictures, 0u);
    add(2, facts(2), true);
    add(3, facts(3), true);
    EXPECT_GE(check_.view().pictures, 1u);
    check_.settle(10'000'000, true);
    EXPECT_EQ(check_.view().pictures, 2u);
    EXPECT_EQ(check_.view().key_pictures, 1u);
}

TEST_F(PictureCheckTest, AMissingMarkerIsExcusedByLossAndByThePublisher) {
    add(1, facts(1, true), false);  // missing
    add(2, facts(2), false, true);  // the publisher sent none
    add(3, facts(3), false);        // its end was lost
    add(5, facts(4), true);
    add(6, facts(5), true);
    check_.settle(10'000'000, true);
    EXPECT_EQ(faults_.count(Fault::missing_markers), 1u);
}

TEST_F(PictureCheckTest, AHoleClosedByAnEmptyPacketKeepsThePictureWhole) {  // C17
    add(1, facts(1, true), false);
    check_.add_empty(2, 3000);
    add(3, facts(2), true);
    add(4, facts(3), true);
    check_.settle(10'000'000, true);
    EXPECT_EQ(faults_.count(Fault::missing_markers), 1u) << "whole, and without a marker";
}

TEST_F(PictureCheckTest, AReferenceThatComesLateCounts) {
    add(1, facts(1, true), true);
    add(3, facts(3), true);
    add(2, facts(2), true);
    add(4, facts(4), true);
    check_.settle(10'000'000, true);
    EXPECT_EQ(faults_.count(Fault::missing_references), 0u);
    EXPECT_EQ(faults_.count(Fault::timestamps_backward), 0u) << "late is not backward";
}

}  // namespace
}  // namespace strata::gen
