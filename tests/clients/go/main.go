// Sends what an application sends, and dies of a panic. The tag `case` says which SDK behaviour an event is for.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/getsentry/sentry-go"
)

const secret = "correct-horse-battery"

type object = map[string]interface{}

type orderMissing struct{ number int }

func (e orderMissing) Error() string { return fmt.Sprintf("order %d is missing", e.number) }

type paymentRefused struct{ cause error }

func (paymentRefused) Error() string   { return "no card on file" }
func (e paymentRefused) Unwrap() error { return e.cause }

func record(event *sentry.Event, _ *sentry.EventHint) *sentry.Event {
	text, err := json.Marshal(event)
	if err == nil {
		err = os.WriteFile(filepath.Join(os.Getenv("FAULTLINE_SENT"), string(event.EventID)+".json"), text, 0o644)
	}
	if err != nil {
		panic(err)
	}
	return event
}

// send runs action with its own scope.
func send(name string, action func(*sentry.Scope)) {
	sentry.WithScope(func(scope *sentry.Scope) {
		scope.SetTag("case", name)
		action(scope)
	})
}

// Errors have no stack trace: the SDK uses that of the capturing call.
func loadOrder(number int) { sentry.CaptureException(orderMissing{number}) }

func parsePrice(*sentry.Scope) { sentry.CaptureException(errors.New("cannot read 'x'")) }

func parseQuantity(*sentry.Scope) { sentry.CaptureException(errors.New("cannot read 'x'")) }

func parseNumber(*sentry.Scope) {
	_, err := strconv.Atoi("ten")
	sentry.CaptureException(err)
}

func pay(*sentry.Scope) { sentry.CaptureException(paymentRefused{os.ErrNotExist}) }

func rich(scope *sentry.Scope) {
	scope.SetTags(map[string]string{"customer": "acme", "retries": "3"})
	scope.SetUser(sentry.User{ID: "42", Email: "jo@example.org", Username: "jo"})
	scope.SetContext("cart", object{"items": 3, "total": 12.5, "coupon": nil})
	scope.SetExtra("password", secret)
	scope.SetExtra("login", object{"password": secret, "theme": "dark"})
	scope.SetExtra("note", []interface{}{"a", object{"b": 1}})
	sentry.AddBreadcrumb(&sentry.Breadcrumb{
		Category: "ui", Message: "opened the cart", Level: sentry.LevelInfo, Data: object{"items": 3},
	})
	sentry.AddBreadcrumb(&sentry.Breadcrumb{
		Category: "http", Type: "http", Data: object{"url": "/pay", "status_code": 402},
	})
	sentry.CaptureException(errors.New("not allowed to pay"))
}

func large(scope *sentry.Scope) {
	rows := object{}
	for row := 0; row < 100; row++ {
		rows[fmt.Sprintf("row %d", row)] = strings.Repeat(fmt.Sprintf("%d ", row), 200)
	}
	scope.SetExtra("rows", rows)
	sentry.CaptureException(errors.New("a large one"))
}

func unicode(scope *sentry.Scope) {
	scope.SetTag("ville", "Zürich – 東京")
	sentry.CaptureException(errors.New("échec: файл не найден 🦀"))
}

func countStock(*sentry.Scope) {
	defer sentry.Recover()
	panic("no stock to count")
}

func workInThread() {
	hub := sentry.CurrentHub().Clone()
	hub.Scope().SetTag("case", "thread")
	defer func() { hub.Recover(recover()) }()
	panic(errors.New("the worker stopped"))
}

// These must create nothing: transactions.
func thingsThatAreNoErrors() {
	span := sentry.StartSpan(context.Background(), "task", sentry.TransactionName("nightly"))
	span.StartChild("db").Finish()
	span.Finish()
}

// The SDK has no hook for an error that ends the process.
func flush() {
	err := recover()
	sentry.ConfigureScope(func(scope *sentry.Scope) { scope.SetTag("case", "unhandled") })
	sentry.CurrentHub().Recover(err)
	if !sentry.Flush(30 * time.Second) {
		panic("the SDK could not send everything")
	}
	panic(err)
}

func main() {
	err := sentry.Init(sentry.ClientOptions{
		Release:          "shop@1.2.3",
		Environment:      "live-test",
		ServerName:       "till-7",
		Debug:            true,
		AttachStacktrace: true,
		TracesSampleRate: 1.0,
		BeforeSend:       record,
	})
	if err != nil {
		panic(err)
	}
	defer flush()

	for _, number := range []int{17, 18} {
		send("twice", func(*sentry.Scope) { loadOrder(number) })
	}
	send("other type", parseNumber)
	send("one function", parsePrice)
	send("another function", parseQuantity)
	send("chained", pay)
	for _, user := range []int{123, 456} {
		send("message", func(scope *sentry.Scope) {
			scope.SetLevel(sentry.LevelWarning)
			sentry.CaptureMessage(fmt.Sprintf("user %d not found", user))
		})
	}
	send("rich", rich)
	send("large", large)
	send("unicode", unicode)
	send("caught panic", countStock)
	thingsThatAreNoErrors()
	done := make(chan struct{})
	go func() {
		defer close(done)
		workInThread()
	}()
	<-done
	panic(errors.New("nobody caught this"))
}
