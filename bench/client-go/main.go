// The peer: an election by k8s.io/client-go/tools/leaderelection, as most operators do it in their own process. It says
// on standard output when it starts and stops leading, one JSON object a line; and for an outside observer it can write
// effects while it leads: each a line at the end of one file that all candidates share, or, where they are pods and share no
// file, each a change of one ConfigMap.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

var output sync.Mutex

func say(event, identity string) {
	output.Lock()
	defer output.Unlock()
	line, _ := json.Marshal(map[string]any{"event": event, "identity": identity, "unixMs": time.Now().UnixMilli()})
	fmt.Println(string(line))
}

// notingLock is the Lease's lock, and remembers the number of transitions of the last record that it wrote: client-go
// hands its callbacks no token, and this is the one number in the record that grows from holder to holder.
type notingLock struct {
	resourcelock.Interface
	transitions atomic.Int64
}

func (lock *notingLock) Create(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	err := lock.Interface.Create(ctx, record)
	if err == nil {
		lock.transitions.Store(int64(record.LeaderTransitions))
	}
	return err
}

func (lock *notingLock) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	err := lock.Interface.Update(ctx, record)
	if err == nil {
		lock.transitions.Store(int64(record.LeaderTransitions))
	}
	return err
}

// effect is what an outside observer is shown.
type effect struct {
	Who   string  `json:"who"`
	Token string  `json:"token"`
	AtMs  float64 `json:"atMs"`
}

// act writes effects, the first at once and the others one a period, until it must not any more.
func act(ctx context.Context, write func(context.Context, effect), identity string, token int64, period time.Duration) {
	for ctx.Err() == nil {
		var now unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
			fail(err)
		}
		one := effect{Who: identity, Token: strconv.FormatInt(token, 10), AtMs: float64(now.Nano()) / 1e6}
		if ctx.Err() != nil {
			return
		}
		write(ctx, one)
		if period == 0 {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(period):
		}
	}
}

func intoFile(file *os.File) func(context.Context, effect) {
	return func(_ context.Context, one effect) {
		line, _ := json.Marshal(one)
		if _, err := file.Write(append(line, '\n')); err != nil {
			fail(err)
		}
	}
}

// intoConfigMap writes as most operators do: under the context that ends with the lead, and what fails is tried anew with the
// next effect. Its requests are its own: an elector whose client waits for its share of a rate limit would renew late.
func intoConfigMap(config *rest.Config, namespace, name string) func(context.Context, effect) {
	unlimited := rest.CopyConfig(config)
	unlimited.QPS = -1
	maps := kubernetes.NewForConfigOrDie(unlimited).CoreV1().ConfigMaps(namespace)
	return func(ctx context.Context, one effect) {
		line, _ := json.Marshal(one)
		patch, _ := json.Marshal(map[string]any{"data": map[string]string{"effect": string(line)}})
		if _, err := maps.Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
}

// exhaustWhenAsked has this process take more and more memory at SIGUSR1, until the kernel kills it.
func exhaustWhenAsked() {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	go func() {
		<-asked
		var hoard [][]byte
		for {
			// In pieces, so that it goes on leading until the kernel ends it.
			piece := make([]byte, 1<<24)
			for at := 0; at < len(piece); at += os.Getpagesize() {
				piece[at] = 1
			}
			hoard = append(hoard, piece)
			time.Sleep(5 * time.Millisecond)
		}
	}()
}

// fillLog writes into the log of the container in which it is run.
func fillLog(kibibytes int) error {
	log, err := os.OpenFile("/proc/1/fd/1", os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer log.Close()
	line, _ := json.Marshal(map[string]string{"event": strings.Repeat("more ", 200)})
	for written := 0; written < kibibytes*1024; written += len(line) {
		if _, err := log.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return nil
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func main() {
	kubeconfig := flag.String("kubeconfig", "", "file that leads to the API server")
	namespace := flag.String("namespace", "dns-system", "namespace of the Lease")
	name := flag.String("name", "bindy-leader", "name of the Lease")
	identity := flag.String("identity", "", "this candidate")
	unique := flag.Bool("unique", false, "add a random part to the identity, as controller-runtime does")
	effects := flag.String("effects", "", "file to whose end effects are written while this candidate leads")
	effectObject := flag.String("effect-object", "", "ConfigMap of the namespace that is changed instead, for candidates that share no file")
	exhaust := flag.Bool("exhaust", false, "have the first process of this container run out of memory, and end")
	sayMore := flag.Int("say-more", 0, "have the first process of this container say that many KiB on its standard output, and end")
	period := flag.Duration("effect-period", 0, "time between two effects; 0: the first alone")
	duration := flag.Duration("lease-duration", 15*time.Second, "")
	deadline := flag.Duration("renew-deadline", 10*time.Second, "")
	retry := flag.Duration("retry-period", 2*time.Second, "")
	flag.Parse()
	if *exhaust {
		if err := syscall.Kill(1, syscall.SIGUSR1); err != nil {
			fail(err)
		}
		return
	}
	if *sayMore > 0 {
		if err := fillLog(*sayMore); err != nil {
			fail(err)
		}
		return
	}
	exhaustWhenAsked()
	if *unique {
		*identity += "_" + string(uuid.NewUUID())
	}

	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		fail(err)
	}
	var write func(context.Context, effect)
	if *effectObject != "" {
		write = intoConfigMap(config, *namespace, *effectObject)
	} else if *effects != "" {
		file, err := os.OpenFile(*effects, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
		if err != nil {
			fail(err)
		}
		write = intoFile(file)
	}
	context_, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	client := kubernetes.NewForConfigOrDie(config)
	lock := &notingLock{Interface: &resourcelock.LeaseLock{
		LeaseMeta:  metav1.ObjectMeta{Namespace: *namespace, Name: *name},
		Client:     client.CoordinationV1(),
		LockConfig: resourcelock.ResourceLockConfig{Identity: *identity},
	}}
	leaderelection.RunOrDie(context_, leaderelection.LeaderElectionConfig{
		Lock:            lock,
		LeaseDuration:   *duration,
		RenewDeadline:   *deadline,
		RetryPeriod:     *retry,
		ReleaseOnCancel: true,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(leading context.Context) {
				say("started", *identity)
				if write != nil {
					act(leading, write, *identity, lock.transitions.Load(), *period)
				}
			},
			OnStoppedLeading: func() { say("stopped", *identity) },
			OnNewLeader:      func(holder string) { say("holder", holder) },
		},
	})
}
