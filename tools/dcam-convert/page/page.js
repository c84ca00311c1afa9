
'use strict';
{
  const form = document.getElementById('filters');
  const shown = document.getElementById('shown');
  const cameras = [...document.querySelectorAll('.camera')].map(section => ({
    section,
    events: [...section.querySelectorAll('.event')],
    marks: [...section.querySelectorAll('svg [data-day]')],
  }));

  function filter() {
    const wanted = Object.fromEntries(new FormData(form));
    const fits = data => (!wanted.day || data.day === wanted.day) &&
      (!wanted.trigger || data.trigger === undefined || data.trigger === wanted.trigger);
    let files = 0;
    for (const {section, events, marks} of cameras) {
      const before = files;
      const mine = !wanted.camera || section.dataset.camera === wanted.camera;
      for (const event of events) {
        event.hidden = !mine || !fits(event.dataset);
        files += event.hidden ? 0 : Number(event.dataset.files);
      }
      section.hidden = files === before;
      for (const mark of marks) {
        mark.toggleAttribute('hidden', !fits(mark.dataset));
      }
    }
    shown.value = files === 1 ? '1 file shown' : `${files} files shown`;
  }

  function player(button) {
    const there = button.parentElement.querySelector('video');
    if (there) {
      return there;
    }
    const video = document.createElement('video');
    video.preload = 'none';
    video.hidden = true;
    video.setAttribute('aria-label', button.getAttribute('aria-label'));
    video.src = button.dataset.video;
    button.after(video);
    return video;
  }

  function play(button) {
    const video = player(button);
    button.hidden = true;
    video.hidden = false;
    video.controls = true;
    video.focus();
    video.play().catch(() => {});
  }

  function show(id) {
    const file = document.getElementById(id);
    file.tabIndex = -1;
    file.scrollIntoView({block: 'center'});
    file.focus({preventScroll: true});
  }

  form.addEventListener('change', filter);
  form.addEventListener('reset', () => setTimeout(filter));
  form.addEventListener('submit', event => event.preventDefault());
  document.addEventListener('click', ({target}) => {
    const button = target.closest('.play');
    const point = target.closest('circle');
    if (button) {
      play(button);
    } else if (point) {
      show(point.dataset.file);
    }
  });
  const looking = new IntersectionObserver(seen => {
    for (const {target} of seen.filter(({isIntersecting}) => isIntersecting)) {
      looking.unobserve(target);
      target.querySelectorAll('a > noscript, .play > noscript').forEach(image => {
        image.outerHTML = image.textContent;
      });
      target.querySelectorAll('.play').forEach(player);
    }
  }, {rootMargin: '100%'});
  cameras.forEach(({events}) => events.forEach(event => looking.observe(event)));
  document.addEventListener('error', event => {
    if (event.target.localName === 'video') {
      const note = document.createElement('p');
      note.className = 'why';
      note.textContent = 'This browser cannot play it: see the links.';
      event.target.closest('.look').after(note);
    }
  }, true);
  filter();
}
