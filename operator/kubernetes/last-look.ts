// The last look before a request leaves. Between the caller's own look and the first byte lie an awaited token, a queue for a
// connection, and perhaps a handshake; undici tells when all of them are behind, immediately before it writes.
import type { Dispatcher } from "undici";

/** A dispatcher that calls `look` then; where that throws nothing is sent, and the request fails with what it threw. */
export function withLastLook(dispatcher: Dispatcher, look: () => void): Dispatcher {
  return dispatcher.compose(
    (dispatch) => (options, handler) =>
      dispatch(options, {
        onRequestStart(controller, context) {
          look();
          handler.onRequestStart?.(controller, context);
        },
        onResponseStart: (...told) => handler.onResponseStart?.(...told),
        onResponseData: (...told) => handler.onResponseData?.(...told),
        onResponseEnd: (...told) => handler.onResponseEnd?.(...told),
        onResponseError: (...told) => handler.onResponseError?.(...told),
      }),
  );
}
