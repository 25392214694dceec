// Places the rows of a list by hand: list left, the study's own streets right; nothing leaves the page.
"use strict";
{
  const data = JSON.parse(document.getElementById("data").textContent);
  const { rows, streets, words, known } = data;
  const canvas = document.getElementById("map");
  const pen = canvas.getContext("2d");
  const list = document.getElementById("rows");
  const squeeze = Math.cos((data.middle[1] * Math.PI) / 180);
  const done = []; // what may be taken back: [row, place before]
  let current = -1;
  let view = { lon: data.middle[0], lat: data.middle[1], scale: 1 }; // pixels a degree of latitude
  let grip = null;

  const toX = (lon) => canvas.clientWidth / 2 + (lon - view.lon) * squeeze * view.scale;
  const toY = (lat) => canvas.clientHeight / 2 - (lat - view.lat) * view.scale;
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [
      view.lon + (event.clientX - box.left - canvas.clientWidth / 2) / squeeze / view.scale,
      view.lat - (event.clientY - box.top - canvas.clientHeight / 2) / view.scale,
    ];
  };
  const sure = (row) => row.how === "hand" || (row.at !== null && row.doubt === 0);

  function label(text, x, y, colour) {
    pen.lineWidth = 3;
    pen.strokeStyle = "#fff";
    pen.strokeText(text, x, y);
    pen.fillStyle = colour;
    pen.fillText(text, x, y);
  }

  function draw() {
    const ratio = window.devicePixelRatio || 1;
    canvas.width = canvas.clientWidth * ratio;
    canvas.height = canvas.clientHeight * ratio;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.font = "12px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.lineWidth = view.scale > 60000 ? 4 : 1.5;
    pen.strokeStyle = "#c9c2b4";
    pen.beginPath();
    for (const street of streets) {
      for (let i = 0; i < street.line.length; i += 2) {
        const [x, y] = [toX(street.line[i]), toY(street.line[i + 1])];
        if (i) pen.lineTo(x, y);
        else pen.moveTo(x, y);
      }
    }
    pen.stroke();
    const shown = new Set();
    for (const { name, line } of streets) {
      const half = 2 * Math.floor(line.length / 4);
      const [x, y] = [toX(line[half]), toY(line[half + 1])];
      const cell = `${name} ${Math.round(x / 300)} ${Math.round(y / 300)}`;
      if (!name || view.scale < 30000 || shown.has(cell)) continue;
      if (x < 0 || y < 0 || x > canvas.clientWidth || y > canvas.clientHeight) continue;
      shown.add(cell);
      label(name, x, y, "#6b6459");
    }
    for (const [name, lon, lat] of known) {
      pen.fillStyle = "#7d8b99";
      pen.fillRect(toX(lon) - 2, toY(lat) - 2, 4, 4);
      if (view.scale > 30000) label(name, toX(lon), toY(lat) - 6, "#55626d");
    }
    rows.forEach((row, number) => {
      if (row.at === null) return;
      const [x, y] = [toX(row.at[0]), toY(row.at[1])];
      if (row.doubt > 0) {
        pen.strokeStyle = "#b3541e";
        pen.lineWidth = 1;
        pen.beginPath();
        pen.arc(x, y, (row.doubt / 111320) * view.scale, 0, 7);
        pen.stroke();
      }
      pen.fillStyle = sure(row) ? "#2b7a4b" : "#b3541e";
      pen.beginPath();
      pen.arc(x, y, number === current ? 9 : 6, 0, 7);
      pen.fill();
      if (number === current) label(row.name, x, y - 13, "#23303b");
    });
  }

  function tell() {
    const wanted = document.getElementById("search").value.trim().toLowerCase();
    rows.forEach((row, number) => {
      const button = list.children[number].firstChild;
      button.className = sure(row) ? "sure" : "";
      button.setAttribute("aria-current", String(number === current));
      const doubt = row.doubt > 0 ? ` (± ${Math.round(row.doubt)} m)` : "";
      button.lastChild.textContent = (row.at === null ? words.nowhere : words.by[row.how] || words.given) + doubt;
      list.children[number].hidden = !`${row.name} ${row.address}`.toLowerCase().includes(wanted) && !found(wanted);
    });
    document.getElementById("count").textContent = `${rows.filter(sure).length} / ${rows.length}`;
    document.getElementById("undo").disabled = done.length === 0;
    const row = rows[current];
    document.getElementById("confirm").disabled = !row || row.at === null || row.how === "hand";
    draw();
  }

  function found(wanted) {
    return wanted && streets.find(({ name }) => name && name.toLowerCase().includes(wanted));
  }

  function set(number, at) {
    const { at: before, how, doubt } = rows[number];
    done.push([number, { at: before, how, doubt }]);
    Object.assign(rows[number], { at, how: "hand", doubt: 0 });
    tell();
  }

  function choose(number) {
    current = number;
    const { at } = rows[number];
    if (at) [view.lon, view.lat, view.scale] = [at[0], at[1], Math.max(view.scale, 60000)];
    tell();
  }

  rows.forEach((row, number) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(row.name);
    for (const text of [row.address, ""]) button.appendChild(document.createElement("small")).textContent = text;
    button.addEventListener("click", () => choose(number));
    list.appendChild(document.createElement("li")).appendChild(button);
  });

  function near(event) {
    const box = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    return rows.findIndex(({ at }) => at && Math.hypot(toX(at[0]) - x, toY(at[1]) - y) <= 9);
  }

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    const row = near(event);
    grip = { row, x: event.clientX, y: event.clientY, moved: false, lon: view.lon, lat: view.lat };
    if (row >= 0) grip.before = { at: rows[row].at, how: rows[row].how, doubt: rows[row].doubt };
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!grip) return;
    const [dx, dy] = [event.clientX - grip.x, event.clientY - grip.y];
    grip.moved = grip.moved || Math.hypot(dx, dy) > 4;
    if (!grip.moved) return;
    if (grip.row >= 0) rows[grip.row].at = place(event);
    else [view.lon, view.lat] = [grip.lon - dx / squeeze / view.scale, grip.lat + dy / view.scale];
    draw();
  });
  canvas.addEventListener("pointerup", (event) => {
    const { row, moved, before } = grip || {};
    grip = null;
    if (moved && row >= 0) {
      const at = place(event);
      Object.assign(rows[row], before); // so that undo knows where it was
      current = row;
      set(row, at);
    } else if (!moved && row >= 0) choose(row);
    else if (!moved && current >= 0) set(current, place(event));
  });
  canvas.addEventListener("pointercancel", () => {
    if (grip && grip.row >= 0) Object.assign(rows[grip.row], grip.before);
    grip = null;
    draw();
  });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const [lon, lat] = place(event);
    const factor = event.deltaY < 0 ? 1.3 : 1 / 1.3;
    view = { lon: lon + (view.lon - lon) / factor, lat: lat + (view.lat - lat) / factor, scale: view.scale * factor };
    draw();
  }, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] || [0, 0];
    if (event.key === "Enter" && current >= 0) set(current, [view.lon, view.lat]);
    else if (event.key === "+") view.scale *= 1.3;
    else if (event.key === "-") view.scale /= 1.3;
    else if (dx || dy) [view.lon, view.lat] = [view.lon + (dx * 30) / view.scale, view.lat + (dy * 30) / view.scale];
    else return;
    event.preventDefault();
    draw();
  });

  document.getElementById("search").addEventListener("input", (event) => {
    const street = found(event.target.value.trim().toLowerCase());
    if (street) [view.lon, view.lat, view.scale] = [street.line[0], street.line[1], Math.max(view.scale, 60000)];
    tell();
  });
  document.getElementById("undo").addEventListener("click", () => {
    const [number, before] = done.pop();
    Object.assign(rows[number], before);
    current = number;
    tell();
  });
  document.getElementById("confirm").addEventListener("click", () => set(current, rows[current].at));

  function csv() {
    const quoted = (cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
    const lines = [data.headers];
    for (const row of rows) {
      const cells = [...row.cells];
      const kept = row.how === "hand" || (row.how === "" && row.at !== null);
      const [lon, lat] = kept ? row.at.map((degrees) => degrees.toFixed(7)) : ["", ""];
      [cells[data.lon], cells[data.lat], cells[data.by]] = [lon, lat, row.how === "hand" ? words.by.hand : ""];
      lines.push(cells);
    }
    return `\ufeff${lines.map((line) => line.map(quoted).join(",")).join("\r\n")}\r\n`;
  }
  document.getElementById("save").addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([csv()], { type: "text/csv" }));
    link.download = data.file;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });

  const [west, south, east, north] = data.bounds;
  view.scale = Math.min(canvas.clientHeight / (north - south), canvas.clientWidth / (east - west) / squeeze) || 60000;
  window.addEventListener("resize", draw);
  tell();
  window.toPlace = { rows, csv, toX, toY };
  document.documentElement.dataset.ready = "";
}
