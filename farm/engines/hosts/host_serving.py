"""The life of a host program: it reads orders from standard input, one JSON object a line, and answers each.

The first line is the farm's greeting. The farm ends a host program, or closes its input. Import this
module before the renderer's.
"""

import ctypes
import json
import os
import sys

from host_speaking import Fault, Speaker

_C_LINE_BUFFERED = 1


_LIBC = ctypes.CDLL(None)


def _print_line_by_line():
    """Into a pipe C would keep 4 KB back, and Python 8."""
    _LIBC.setvbuf.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_size_t]
    _LIBC.setvbuf(ctypes.c_void_p.in_dll(_LIBC, "stdout"), None, _C_LINE_BUFFERED, 0)
    sys.stdout.reconfigure(line_buffering=True)
    sys.stderr.reconfigure(line_buffering=True)


_print_line_by_line()  # at import, before the renderer is imported and prints its first line


def serve(make_host, software):
    """`make_host(speaker, greeting)` gives an object whose `carry_out(order)` raises Fault or returns nothing."""
    orders = _take_over_input()
    greeting = json.loads(orders.readline() or "null")
    if greeting is None:
        os._exit(0)
    speaker = Speaker(greeting["nonce"], _LIBC)
    host = make_host(speaker, greeting)
    for line in orders:
        speaker.result(**_answer(host, json.loads(line), software))
    sys.stdout.flush()
    os._exit(0)  # a renderer may hang or crash while the interpreter ends


def _take_over_input():
    """Orders are ours to read: nothing a scene starts finds them on its standard input."""
    orders = os.fdopen(os.dup(0), encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    return orders


def _answer(host, order, software):
    """Never raises: whatever a scene makes the renderer do becomes a code and a sentence."""
    try:
        host.carry_out(order)
    except Fault as fault:
        return {"error_code": fault.code, "error_message": fault.sentence}
    except MemoryError:
        return {"error_code": "OUT_OF_MEMORY", "error_message": "The scene needs more memory than there is here."}
    except Exception as failure:
        words = " ".join(str(failure).split())[:500]
        return {"error_code": "RENDER_FAILED", "error_message": f"{software} could not render this frame: {words}"}
    return {"error_code": "", "error_message": ""}
