#include "dualcam/session/request_form.hpp"

namespace dualcam {
namespace {

bool has_two(const FileRef& file) { return file.short_request().has_value(); }

} // namespace

std::string_view RequestForm::request(const FileRef& file) const {
  return shortened_ ? file.short_request().value_or(file.request()) : file.request();
}

std::string_view RequestForm::metadata_request(const FileRef& file) const {
  const auto whole = file.metadata_request();
  return shortened_ ? whole.substr(0, short_request_size) : whole;
}

Milliseconds RequestForm::patience(const FileRef& file, Milliseconds wait) const {
  return has_two(file) ? wait : Milliseconds::max();
}

bool RequestForm::turn(const FileRef& file) {
  if (!has_two(file) || understood_ || turned_) {
    return false;
  }
  turned_ = true;
  shortened_ = !shortened_;
  return true;
}

void RequestForm::understood(const FileRef& file) { understood_ = understood_ || has_two(file); }

void RequestForm::give_up() {
  if (!understood_) {
    turned_ = false;
    shortened_ = usual_;
  }
}

} // namespace dualcam
