// Two ways of asking for a file by path: which one is next.
#include "dualcam/session/request_form.hpp"

#include "testing.hpp"

namespace dualcam::request_form_test {
namespace {

const FileRef kind = FileKind::rear_video;
const FileRef lens = *FileRef::of_path("dashcam/video/1");
const FileRef driver = *FileRef::of_path("dsm/pic/1.jpg");

} // namespace

TEST_CASE("request form: a kind is asked for in one way, for which the device has all its time") {
  for (const bool shortened : {false, true}) {
    RequestForm form(shortened);
    CHECK(form.request(kind) == "%videor");
    CHECK(form.metadata_request(kind) == "%videor");
    CHECK(form.patience(kind, Milliseconds(5)) == Milliseconds::max());
    CHECK_FALSE(form.turn(kind));
    form.understood(kind);
    CHECK(form.turn(lens)); // that has told nothing of paths
  }
}

TEST_CASE("request form: a path that is not understood is asked for in the other way, once") {
  RequestForm form;
  CHECK(form.request(lens) == "dashcam/video/1");
  CHECK(form.patience(lens, Milliseconds(5)) == Milliseconds(5));
  CHECK(form.turn(lens));
  CHECK(form.is_shortened());
  CHECK(form.request(lens) == "dashcam");
  CHECK(form.metadata_request(lens) == "dashcam");
  CHECK(form.metadata_request(driver).empty());
  CHECK_FALSE(form.turn(lens));
  CHECK(form.is_shortened());
}

TEST_CASE("request form: what the device has understood stays; what it has not begins anew") {
  RequestForm form(true);
  CHECK(form.request(lens) == "dashcam");
  CHECK(form.turn(lens));
  CHECK_FALSE(form.is_shortened());
  form.give_up();
  CHECK(form.is_shortened());
  CHECK(form.turn(lens));
  form.understood(lens);
  form.give_up();
  CHECK_FALSE(form.is_shortened());
  CHECK_FALSE(form.turn(lens));
}

} // namespace dualcam::request_form_test
