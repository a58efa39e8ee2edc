// The peer: an election by k8s.io/client-go/tools/leaderelection, as most operators do it in their own process. It says
// on standard output when it starts and stops leading, one JSON object a line; and for an outside observer it can write
// effects while it leads, each a line at the end of one file that all candidates share.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/kubernetes"
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

// act writes effects, the first at once and the others one a period, until it must not any more.
func act(ctx context.Context, file *os.File, identity string, token int64, period time.Duration) {
	for ctx.Err() == nil {
		var now unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
			fail(err)
		}
		line, _ := json.Marshal(map[string]any{
			"who":   identity,
			"token": strconv.FormatInt(token, 10),
			"atMs":  float64(now.Nano()) / 1e6,
		})
		if ctx.Err() != nil {
			return
		}
		if _, err := file.Write(append(line, '\n')); err != nil {
			fail(err)
		}
		if period == 0 {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(period):
		}
	}
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
	period := flag.Duration("effect-period", 0, "time between two effects; 0: the first alone")
	duration := flag.Duration("lease-duration", 15*time.Second, "")
	deadline := flag.Duration("renew-deadline", 10*time.Second, "")
	retry := flag.Duration("retry-period", 2*time.Second, "")
	flag.Parse()
	if *unique {
		*identity += "_" + string(uuid.NewUUID())
	}

	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		fail(err)
	}
	var file *os.File
	if *effects != "" {
		if file, err = os.OpenFile(*effects, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600); err != nil {
			fail(err)
		}
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
				if file != nil {
					act(leading, file, *identity, lock.transitions.Load(), *period)
				}
			},
			OnStoppedLeading: func() { say("stopped", *identity) },
			OnNewLeader:      func(holder string) { say("holder", holder) },
		},
	})
}
