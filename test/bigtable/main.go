// Command bigtable serves Google's in-memory Bigtable on a loopback port, for tests through the real client.
//
// It is cloud.google.com/go/bigtable/cmd/emulator, Google's emulator, with another end: it prints
// {"address":"127.0.0.1:1234"} once it listens, and ends when its standard input closes, so that no server outlives the
// test that started it.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"

	"cloud.google.com/go/bigtable/bttest"
	"google.golang.org/grpc"
)

// As the emulator has it.
const maxMessageBytes = 256 << 20

func main() {
	port := flag.Int("port", 0, "loopback port; 0 for any that is free")
	flag.Parse()

	limits := []grpc.ServerOption{grpc.MaxRecvMsgSize(maxMessageBytes), grpc.MaxSendMsgSize(maxMessageBytes)}
	server, err := bttest.NewServer(fmt.Sprintf("127.0.0.1:%d", *port), limits...)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(map[string]string{"address": server.Addr}); err != nil {
		os.Exit(1)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}
