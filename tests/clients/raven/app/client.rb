# frozen_string_literal: true

# Sends what an application sends, with the SDK that preceded `sentry-ruby`. The tag `case` says which SDK behaviour an
# event is for.
#
# `client.rb` sends everything and dies of an exception; `client.rb json` sends one large event without compression.

require "json"
require "sentry-raven"

SECRET = "correct-horse-battery"

Raven.configure do |config|
  config.release = "shop@1.2.3"
  config.current_environment = "live-test"
  config.server_name = "till-7"
  config.encoding = ARGV.include?("json") ? "json" : "gzip"
  # Leave scrubbing of passwords to faultline.
  config.sanitize_fields_excluded = ["password"]
  # A slow machine may need more than the SDK's default of two seconds to send the event.
  config.timeout = 30
  config.before_send = lambda do |event, _hint|
    File.write(File.join(ENV.fetch("FAULTLINE_SENT"), "#{event.id}.json"), JSON.generate(event.to_hash))
    event
  end
end

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

# Runs the block, and captures what it raises as part of the case.
def send_case(name, **options)
  yield
rescue StandardError, SecurityError => e
  Raven.capture_exception(e, **options, tags: { case: name, **options.fetch(:tags, {}) })
end

def rich
  Raven.breadcrumbs.record do |crumb|
    crumb.category, crumb.message, crumb.level, crumb.data = "ui", "opened the cart", "info", { items: 3 }
  end
  Raven.breadcrumbs.record do |crumb|
    crumb.category, crumb.type, crumb.data = "http", "http", { url: "/pay", status_code: 402 }
  end
  send_case(
    "rich",
    tags: { customer: "acme", retries: 3, beta: true },
    user: { id: "42", email: "jo@example.org", username: "jo", plan: "gold" },
    extra: { password: SECRET, login: { password: SECRET, theme: "dark" }, note: ["a", { b: 1 }] },
    transaction: "pay"
  ) { raise SecurityError, "not allowed to pay" }
  Raven::BreadcrumbBuffer.clear!
end

def large
  rows = (0...100).to_h { |row| ["row #{row}", "#{row} " * 200] }
  send_case("large", extra: { rows: rows }) { raise IOError, "a large one" }
end

large
exit if ARGV.include?("json")

[17, 18].each { |number| send_case("twice") { load_order(number) } }
send_case("other type") { divide(1) }
send_case("one function") { parse_price("x") }
send_case("another function") { parse_quantity("x") }
send_case("chained") { pay }
[123, 456].each do |user|
  Raven.capture_message("user #{user} not found", level: "warning", tags: { case: "message" })
end
rich
send_case("unicode", tags: { ville: "Zürich – 東京" }) { raise IOError, "échec: файл не найден 🦀" }
Thread.new { send_case("thread") { work_in_thread } }.join
Raven.capture(tags: { case: "unhandled" })
raise RangeError, "nobody caught this"
