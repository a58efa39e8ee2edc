// A gate by docs/leader-contract.md, with nothing but Go's standard library.
//
// `LEADER_URL=http://127.0.0.1:4040 go run examples/gate.go` prints what becomes of it (on Linux, for its clock). Your own work runs in another
// goroutine, and asks isOpen() immediately before each effect (G21). "G.." names a rule of the contract.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"regexp"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// To be held; to be answered beyond that; too late to open.
const wait, patience, late = time.Second, 2 * time.Second, 500 * time.Millisecond

var digits = regexp.MustCompile(`^[0-9]+$`)

// What a gate needs of an answer; a pointer tells a field that is missing.
type answer struct {
	IsLeader          *bool
	ValidForMs, Index *uint64
	FencingToken      *string
	Identity, Reason  string
}

type gate struct {
	sync.Mutex
	open           bool
	token          string
	until, ignored time.Duration // the promise's end; answers to requests sent up to then open nothing (G14)
}

// G4: CLOCK_BOOTTIME (7), which counts suspend; Go's own clock does not.
func now() time.Duration {
	var spec syscall.Timespec
	if _, _, failed := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, 7, uintptr(unsafe.Pointer(&spec)), 0); failed != 0 {
		panic(failed)
	}
	return time.Duration(spec.Nano())
}

func (g *gate) isOpen() bool {
	g.Lock()
	defer g.Unlock()
	return g.stillOpen()
}

func (g *gate) stillOpen() bool {
	if g.open && now() >= g.until {
		g.shut() // G13
	}
	return g.open
}

func (g *gate) close() {
	g.Lock()
	defer g.Unlock()
	g.shut()
}

func (g *gate) shut() {
	g.ignored = now()
	if g.open {
		g.open = false
		fmt.Println("closed")
	}
}

func (g *gate) hear(a *answer, sent, held time.Duration) {
	g.Lock()
	defer g.Unlock()
	if !*a.IsLeader {
		g.shut() // G8
		return
	}
	token, end := "-", sent+time.Duration(*a.ValidForMs)*time.Millisecond // G3
	if a.FencingToken != nil {
		token = *a.FencingToken
	}
	if g.stillOpen() && token == g.token {
		g.until = max(g.until, end) // G6
		return
	}
	isStale := sent <= g.ignored || now()-sent > held+late // G14, G15
	if g.open {
		g.shut() // G7
	}
	if end > now() && !isStale {
		g.open, g.token, g.until = true, token, end
		fmt.Println("open", token)
	}
}

// G5: the answer, or nil.
func understood(status int, body []byte) *answer {
	var a answer
	if status != 200 || json.Unmarshal(body, &a) != nil || a.IsLeader == nil || a.ValidForMs == nil || a.Index == nil {
		return nil
	}
	if a.FencingToken != nil && !digits.MatchString(*a.FencingToken) {
		return nil
	}
	if a.FencingToken == nil && *a.IsLeader && a.Reason != "Disabled" {
		return nil
	}
	return &a
}

// G1: asks on one connection, until it is of no more use or was given back. It never ends the connection itself, which
// net/http's own client would do on a time-out.
func converse(g *gate, line net.Conn, host string) error {
	replies := bufio.NewReader(line)
	pod, own := os.Getenv("POD_NAME"), ""
	if pod != "" {
		own = "&pod=" + url.QueryEscape(pod) // G22
	}
	query, held := "", time.Duration(0) // G2
	for {
		if err := line.SetDeadline(time.Now().Add(held + patience)); err != nil {
			return err
		}
		sent := now()
		if _, err := fmt.Fprintf(line, "GET /leader?gate=example-go%s%s HTTP/1.1\r\nHost: %s\r\n\r\n", own, query, host); err != nil {
			return err
		}
		reply, err := http.ReadResponse(replies, nil)
		if err != nil {
			return err // G9
		}
		body, err := io.ReadAll(io.LimitReader(reply.Body, 65536))
		if err != nil {
			return err
		}
		if reply.Close || reply.StatusCode == 409 || reply.StatusCode == 421 {
			return fmt.Errorf("status %d, Connection: close is %v", reply.StatusCode, reply.Close) // G10, G16, G22
		}
		a := understood(reply.StatusCode, body)
		if a == nil {
			time.Sleep(500 * time.Millisecond) // G12
			continue
		}
		if pod != "" && a.Identity != pod {
			return fmt.Errorf("this is the sidecar of %s, not of %s", a.Identity, pod) // G22
		}
		wasOpen := g.isOpen()
		g.hear(a, sent, held)
		if wasOpen && !*a.IsLeader {
			return nil // G17: here your work would be waited for
		}
		query, held = fmt.Sprintf("&wait=%g&index=%d", wait.Seconds(), *a.Index), wait
	}
}

func main() {
	address := "127.0.0.1:4040"
	if given, err := url.Parse(os.Getenv("LEADER_URL")); err == nil && given.Host != "" {
		address = given.Host
	}
	g := &gate{}
	go func() { // a promise ends even while an answer is waited for
		for ; ; time.Sleep(50 * time.Millisecond) {
			g.isOpen()
		}
	}()
	ending := make(chan os.Signal, 1)
	signal.Notify(ending, syscall.SIGTERM, os.Interrupt)
	go func() {
		<-ending
		g.Lock()
		g.shut()
		g.ignored = math.MaxInt64 // nothing opens it any more; here your work would be waited for,
		os.Exit(0)                // and then the kernel ends the connection (G11, G17)
	}()
	for delay := 10 * time.Millisecond; ; time.Sleep(delay) {
		started := now()
		line, err := net.DialTimeout("tcp", address, patience)
		if err == nil {
			err = converse(g, line, address)
		}
		g.close() // G9, G11: the gate first, then the socket
		if line != nil {
			line.Close()
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		delay = min(2*delay, 500*time.Millisecond) // G18
		if now()-started > 500*time.Millisecond {
			delay = 10 * time.Millisecond
		}
	}
}
