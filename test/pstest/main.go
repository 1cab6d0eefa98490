// Command pstest serves Google's in-memory Pub/Sub on a loopback port, for tests through the real client.
//
// It prints {"address":"127.0.0.1:1234"} once it listens, and ends when its standard input closes, so that no server
// outlives the test that started it.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"cloud.google.com/go/pubsub/v2/pstest"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func main() {
	port := flag.Int("port", 0, "loopback port; 0 for any that is free")
	minAckDeadline := flag.Duration("min-ack-deadline", 10*time.Second, "shortest ack deadline that a subscription may have; at least 1s")
	streamTimeout := flag.Duration("stream-timeout", 0, "age at which a pull stream is closed, as the real service does; 0 for never")
	var failures []pstest.ServerReactorOption
	flag.Func("fail", "METHOD:CODE[:TIMES]: answers the first calls of a method (all, without TIMES) with a gRPC code's number", func(text string) error {
		failure, err := parseFailure(text)
		failures = append(failures, failure)
		return err
	})
	flag.Parse()

	pstest.SetMinAckDeadline(*minAckDeadline)
	server := pstest.NewServerWithAddress(fmt.Sprintf("127.0.0.1:%d", *port), failures...)
	server.SetStreamTimeout(*streamTimeout)
	if err := json.NewEncoder(os.Stdout).Encode(map[string]string{"address": server.Addr}); err != nil {
		os.Exit(1)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}

type failing struct {
	code      codes.Code
	isForever bool
	left      atomic.Int64
}

func (f *failing) React(any) (handled bool, ret any, err error) {
	if f.isForever || f.left.Add(-1) >= 0 {
		return false, nil, status.Error(f.code, "as the test demands")
	}
	return false, nil, nil
}

func parseFailure(text string) (pstest.ServerReactorOption, error) {
	method, rest, _ := strings.Cut(text, ":")
	f := &failing{isForever: !strings.Contains(rest, ":")}
	var code uint32
	var times int64
	if _, err := fmt.Sscanf(rest, "%d:%d", &code, &times); err != nil && !f.isForever {
		return pstest.ServerReactorOption{}, fmt.Errorf("expected METHOD:CODE:TIMES, got %q", text)
	}
	if code == 0 {
		return pstest.ServerReactorOption{}, fmt.Errorf("expected METHOD:CODE with a code from 1 on, got %q", text)
	}
	f.code = codes.Code(code)
	f.left.Store(times)
	return pstest.ServerReactorOption{FuncName: method, Reactor: f}, nil
}
