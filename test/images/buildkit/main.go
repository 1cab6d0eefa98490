// Recipe tells what BuildKit makes of a Dockerfile, as far as it can be told before a build: JSON of each target's image,
// and the warnings. Foreign images are taken for empty ones.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"

	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

type emptyImages struct{}

func (emptyImages) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	config := []byte(`{"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": []}}`)
	return ref, digest.FromBytes(config), config, nil
}

func main() {
	log.SetFlags(0)
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	warnings := []string{}
	images := map[string]any{}
	for _, target := range os.Args[2:] {
		made, err := dockerfile2llb.Dockerfile2LLB(context.Background(), text, dockerfile2llb.ConvertOpt{
			Config:         dockerui.Config{Target: target},
			TargetPlatform: &ocispecs.Platform{OS: "linux", Architecture: "amd64"},
			MetaResolver:   emptyImages{},
			Warn: func(rule, _, _, message string, _ []parser.Range) {
				warnings = append(warnings, fmt.Sprintf("%s: %s", rule, message))
			},
		})
		if err != nil {
			log.Fatalf("%s: %v", target, err)
		}
		if _, err := made.State.Marshal(context.Background()); err != nil {
			log.Fatalf("%s: %v", target, err)
		}
		images[target] = made.Image.Config
	}
	if err := json.NewEncoder(os.Stdout).Encode(map[string]any{"images": images, "warnings": warnings}); err != nil {
		log.Fatal(err)
	}
}
