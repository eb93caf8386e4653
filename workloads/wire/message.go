package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"runx/workloads"
)

// Version is the version of the protocol that both ends here speak.
const Version = 1

// maxLine bounds one message, newline included.
const maxLine = 16 << 20

// The types of requests.
const (
	typeHello  = "hello"
	typeOpen   = "open"
	typeVerify = "verify"
	typeSample = "sample"
	typeClose  = "close"
)

// A request is what a host writes.
type request struct {
	ID       int64               `json:"id"`
	Type     string              `json:"type"`
	Version  int                 `json:"version,omitempty"`
	Describe bool                `json:"describe,omitempty"`
	Instance int64               `json:"instance,omitempty"`
	Workload string              `json:"workload,omitempty"`
	Params   params              `json:"params,omitempty"`
	Extracts []workloads.Extract `json:"extracts,omitempty"`
	Seed     string              `json:"seed,omitempty"`
	Dir      string              `json:"dir,omitempty"`
	Launch   *launch             `json:"launch,omitempty"`
	N        int                 `json:"n,omitempty"`
	Rep      int                 `json:"rep,omitempty"`
}

// A launch is what a host knows of [workloads.Launch], in nanoseconds since
// 1970 UTC, in strings: not every reader of JSON has integers of that size.
type launch struct {
	Asked   int64 `json:"asked_ns,string"`
	Running int64 `json:"running_ns,string"`
}

// A reply is what a worker writes. Exactly one of OK and Error is there.
type reply struct {
	ID    int64        `json:"id"`
	OK    *answer      `json:"ok,omitempty"`
	Error *RemoteError `json:"error,omitempty"`
}

// An answer is what a request that was granted yields; which fields there are
// depends on the type of the request.
type answer struct {
	Version   int                  `json:"version,omitempty"`
	Workloads []workloads.Workload `json:"workloads,omitempty"`
	Columns   []string             `json:"columns,omitempty"`
	Verifies  bool                 `json:"verifies,omitempty"`
	Rows      json.RawMessage      `json:"rows,omitempty"` // an array of rows
	More      bool                 `json:"more,omitempty"`
}

// The columns of a row that are not metrics.
const (
	columnStartedAt = "started_at"
	columnTainted   = "tainted"
)

// A Code says what kind of error a worker reports.
type Code string

// The codes of errors.
const (
	Failed      Code = "failed"      // the workload failed
	Unsupported Code = "unsupported" // it cannot be done here, whatever one tries
	Invalid     Code = "invalid"     // the request makes no sense to the worker
)

// A RemoteError is an error that the worker reported and survived. One with
// the code unsupported is [workloads.ErrUnsupported].
type RemoteError struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
}

func (e *RemoteError) Error() string { return e.Message }

// Is makes the code unsupported the error of that meaning.
func (e *RemoteError) Is(target error) bool {
	return e.Code == Unsupported && target == workloads.ErrUnsupported
}

// remote is err in the form that crosses the wire.
func remote(err error) *RemoteError {
	if r, ok := errors.AsType[*RemoteError](err); ok && r.Message == err.Error() {
		return r
	}
	code := Failed
	if errors.Is(err, workloads.ErrUnsupported) {
		code = Unsupported
	}
	return &RemoteError{Code: code, Message: err.Error()}
}

func invalid(format string, args ...any) error {
	return &RemoteError{Code: Invalid, Message: fmt.Sprintf(format, args...)}
}

// params are values whose type survives JSON: a float always has a point or an
// exponent, an int never.
type params workloads.Values

func (p params) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, name := range sortedNames(p) {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(strconv.AppendQuote(out, name), ':')
		value, err := marshalParam(p[name])
		if err != nil {
			return nil, fmt.Errorf("parameter %q: %w", name, err)
		}
		out = append(out, value...)
	}
	return append(out, '}'), nil
}

func sortedNames(p params) []string {
	names := make([]string, 0, len(p))
	for name := range p {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func marshalParam(v any) ([]byte, error) {
	f, isFloat := v.(float64)
	if !isFloat {
		return json.Marshal(v)
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, fmt.Errorf("%v is not finite", f)
	}
	text := strconv.FormatFloat(f, 'g', -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return []byte(text), nil
}

func (p *params) UnmarshalJSON(data []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var raw map[string]any
	if err := decoder.Decode(&raw); err != nil {
		return err
	}
	*p = make(params, len(raw))
	for name, v := range raw {
		value, err := unmarshalParam(v)
		if err != nil {
			return fmt.Errorf("parameter %q: %w", name, err)
		}
		(*p)[name] = value
	}
	return nil
}

func unmarshalParam(v any) (any, error) {
	switch x := v.(type) {
	case string, bool:
		return x, nil
	case json.Number:
		if strings.ContainsAny(x.String(), ".eE") {
			return x.Float64()
		}
		return strconv.Atoi(x.String())
	}
	return nil, fmt.Errorf("want a number, a string or a bool, got %T", v)
}

// appendRow appends a row as a JSON array in the order of the columns that
// [columnsOf] names.
func appendRow(buf []byte, row *workloads.Row) []byte {
	buf = append(buf, '[')
	buf = strconv.AppendInt(buf, row.StartedAt, 10)
	buf = append(buf, ',')
	if row.Tainted == "" {
		buf = append(buf, "null"...)
	} else {
		text, _ := json.Marshal(row.Tainted) // a string always has a form
		buf = append(buf, text...)
	}
	for _, v := range row.Values[:len(row.Values)-1] {
		buf = append(buf, ',')
		if math.IsNaN(v) || math.IsInf(v, 0) {
			buf = append(buf, "null"...)
		} else {
			buf = strconv.AppendFloat(buf, v, 'g', -1, 64)
		}
	}
	return append(buf, ']')
}

// columnsOf names what appendRow writes: all but the wall time, which only the
// host can see and which is last.
func columnsOf(names []string) []string {
	return append([]string{columnStartedAt, columnTainted}, names[:len(names)-1]...)
}
