# frozen_string_literal: true

# Sends what an application sends, and dies of an exception. The tag `case` says which SDK behaviour an event is for.

require "json"
require "sentry-ruby"

SECRET = "correct-horse-battery"

Sentry.init do |config|
  config.release = "shop@1.2.3"
  config.environment = "live-test"
  config.server_name = "till-7"
  config.debug = true
  config.traces_sample_rate = 1.0
  config.send_default_pii = true
  config.capture_exception_frame_locals = true
  # A slow machine may need more than the SDK's default of two seconds to send the rest.
  config.transport.timeout = 30
  config.before_send = lambda do |event, _hint|
    File.write(File.join(ENV.fetch("FAULTLINE_SENT"), "#{event.event_id}.json"), JSON.generate(event.to_hash))
    event
  end
end
Sentry.background_worker.shutdown_timeout = 30

# This SDK has no hook for an error that ends the process.
at_exit { Sentry.capture_exception($!) if $! }

class PaymentRefused < StandardError
end

def load_order(number)
  raise KeyError, "order #{number} is missing"
end

def parse_price(text)
  raise ArgumentError, "cannot read '#{text}'"
end

def parse_quantity(text)
  raise ArgumentError, "cannot read '#{text}'"
end

def divide(number)
  number / 0
end

def pay
  {}.fetch(:card)
rescue KeyError
  raise PaymentRefused, "no card on file"
end

def work_in_thread
  raise ThreadError, "the worker stopped"
end

# Runs the block with its own scope, and captures what it raises as part of the case.
def send_case(name)
  Sentry.with_scope do |scope|
    scope.set_tag(:case, name)
    yield scope
  rescue StandardError, SecurityError => e
    Sentry.capture_exception(e)
  end
end

def rich(scope)
  scope.set_tags(customer: "acme", retries: 3, beta: true)
  scope.set_user(id: "42", email: "jo@example.org", username: "jo", plan: "gold")
  scope.set_context("cart", { items: 3, total: 12.5, coupon: nil })
  scope.set_extras(password: SECRET, login: { password: SECRET, theme: "dark" }, note: ["a", { b: 1 }])
  [
    { category: "ui", message: "opened the cart", level: "info", data: { items: 3 } },
    { category: "http", type: "http", data: { url: "/pay", status_code: 402 } }
  ].each { |breadcrumb| Sentry.add_breadcrumb(Sentry::Breadcrumb.new(**breadcrumb)) }
  raise SecurityError, "not allowed to pay"
end

# More than 30 KiB: this SDK compresses such bodies with gzip.
def large(scope)
  scope.set_extra(:rows, (0...100).to_h { |row| ["row #{row}", "#{row} " * 200] })
  raise IOError, "a large one"
end

def unicode(scope)
  scope.set_tag(:ville, "Zürich – 東京")
  raise IOError, "échec: файл не найден 🦀"
end

# These must create nothing: sessions and transactions.
def things_that_are_no_errors
  Sentry.with_session_tracking { nil }
  # The SDK sends them once a minute.
  Sentry.session_flusher.flush
  transaction = Sentry.start_transaction(name: "nightly", op: "task")
  transaction.with_child_span(op: "db", description: "SELECT 1") { nil }
  transaction.finish
end

[17, 18].each { |number| send_case("twice") { load_order(number) } }
send_case("other type") { divide(1) }
send_case("one function") { parse_price("x") }
send_case("another function") { parse_quantity("x") }
send_case("chained") { pay }
[123, 456].each do |user|
  send_case("message") do |scope|
    scope.set_level(:warning)
    Sentry.capture_message("user #{user} not found")
  end
end
send_case("rich") { |scope| rich(scope) }
send_case("large") { |scope| large(scope) }
send_case("unicode") { |scope| unicode(scope) }
things_that_are_no_errors
Thread.new { send_case("thread") { work_in_thread } }.join
Sentry.set_tags(case: "unhandled")
raise RangeError, "nobody caught this"
